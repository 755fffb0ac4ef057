package redact

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// Local returns the parts of an error that come from this machine, and nothing
// that a server may have sent: libraries put texts of a server into their
// errors, for instance malformed status lines. It is empty if the error has no
// other part.
func Local(err error) string {
	for _, known := range []error{
		io.ErrUnexpectedEOF, io.EOF, os.ErrDeadlineExceeded, context.DeadlineExceeded, context.Canceled, net.ErrClosed,
	} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	if text := certificate(err); text != "" {
		return text
	}
	var (
		errno    syscall.Errno
		name     *net.DNSError
		address  *net.AddrError
		dialling *net.OpError
		alert    tls.AlertError
		record   tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &name):
		return name.Error()
	case errors.As(err, &address):
		return address.Error()
	case errors.As(err, &errno):
		if errors.As(err, &dialling) && dialling.Addr != nil {
			return dialling.Op + " " + dialling.Net + " " + dialling.Addr.String() + ": " + errno.Error()
		}
		return errno.Error()
	case errors.As(err, &alert):
		return alert.Error()
	case errors.As(err, &record):
		return record.Error()
	}
	return ""
}

// certificate returns why a certificate does not verify.
func certificate(err error) string {
	var (
		host      x509.HostnameError
		unknown   x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
		roots     x509.SystemRootsError
		critical  x509.UnhandledCriticalExtension
		algorithm x509.InsecureAlgorithmError
	)
	switch {
	case errors.As(err, &host):
		return host.Error()
	case errors.As(err, &unknown):
		return unknown.Error()
	case errors.As(err, &invalid):
		return invalid.Error()
	case errors.As(err, &roots):
		return roots.Error()
	case errors.As(err, &critical):
		return critical.Error()
	case errors.As(err, &algorithm):
		return algorithm.Error()
	}
	return ""
}
