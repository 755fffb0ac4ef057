// Package trust decides which authorities may vouch for a server, for every kind
// of system that speaks TLS.
package trust

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Attribute is the attribute of a system's block that names the file.
const Attribute = "ca_file"

// Plaintext is the end of a message about a connection that is not safe.
const Plaintext = "If the network to the server is trusted, set insecure_plaintext = true; anyone on that network can then read and change the answers."

// Roots returns the authorities in a PEM file: those, and no others, may vouch for
// the server. Nil stands for those of the machine, where no file is named. What is
// wrong with the file is a full sentence; it is empty if nothing is.
func Roots(file string) (roots *x509.CertPool, problem string) {
	if file == "" {
		return nil, ""
	}
	text, err := os.ReadFile(file)
	if err != nil {
		var at *fs.PathError
		if errors.As(err, &at) {
			err = at.Err
		}
		return nil, fmt.Sprintf("The file %q cannot be read: %s.", file, err)
	}
	roots = x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Sprintf("The file %q holds no certificate in PEM format.", file)
	}
	return roots, ""
}
