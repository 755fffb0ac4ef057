package trust_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/system/trust"
)

// authority returns a certificate of an authority.
func authority(t *testing.T, name string) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

func write(t *testing.T, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The file replaces the authorities of the machine; it does not add to them.
func TestOnlyTheAuthoritiesInTheFileAreTrusted(t *testing.T) {
	var text []byte
	want := x509.NewCertPool()
	for _, name := range []string{"one", "two"} {
		certificate := authority(t, name)
		want.AddCert(certificate)
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})...)
	}
	roots, problem := trust.Roots(write(t, text))
	if problem != "" || !roots.Equal(want) {
		t.Errorf("other authorities are trusted than those in the file: %s", problem)
	}
	if roots, problem := trust.Roots(""); roots != nil || problem != "" {
		t.Errorf("without a file: %v, %s", roots, problem)
	}
}

func TestFilesThatHoldNoAuthority(t *testing.T) {
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("a secret")})
	for path, want := range map[string]string{
		filepath.Join(t.TempDir(), "missing.pem"): "cannot be read: no such file", t.TempDir(): "cannot be read: is a directory",
		write(t, nil): "holds no certificate", write(t, []byte("a secret")): "holds no certificate", write(t, key): "holds no certificate",
	} {
		roots, problem := trust.Roots(path)
		if roots != nil || !strings.Contains(problem, want) || strings.Contains(problem, "a secret") {
			t.Errorf("%s: %v, %s", path, roots, problem)
		}
	}
}
