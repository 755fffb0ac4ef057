package signal

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"

	"github.com/go-jose/go-jose/v4"
)

// Key is a key that signs security event tokens.
type Key struct {
	ID        string
	private   crypto.Signer
	algorithm jose.SignatureAlgorithm
}

// minRSA is the shortest RSA key that may sign, in bits.
const minRSA = 2048

// maxKey bounds the text of a key, in bytes.
const maxKey = 32 << 10

// ParseKey reads a private key in PEM (PKCS #8, or the older forms of EC and RSA keys).
// Without an ID the key is named by its thumbprint (RFC 7638). Its errors repeat
// nothing of the text.
func ParseKey(text, id string) (*Key, error) {
	if len(text) > maxKey {
		return nil, errors.New("the text is too long for a key")
	}
	block, rest := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("the text has no block in PEM format")
	}
	if next, _ := pem.Decode(rest); next != nil {
		return nil, errors.New("the text has several blocks in PEM format; give the private key alone")
	}
	private, err := parsePrivate(block)
	if err != nil {
		return nil, err
	}
	k := &Key{ID: id, private: private}
	if k.algorithm, err = algorithmOf(private); err != nil {
		return nil, err
	}
	if k.ID == "" {
		public := jose.JSONWebKey{Key: private.Public()}
		sum, err := public.Thumbprint(crypto.SHA256)
		if err != nil {
			return nil, errors.New("the key has no thumbprint")
		}
		k.ID = base64.RawURLEncoding.EncodeToString(sum)
	}
	return k, nil
}

func parsePrivate(block *pem.Block) (crypto.Signer, error) {
	var key any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "ENCRYPTED PRIVATE KEY":
		return nil, errors.New("the key is encrypted; give it without a password, from a secret store")
	default:
		return nil, errors.New("the block in PEM format is not a private key")
	}
	signer, ok := key.(crypto.Signer)
	if err != nil || !ok {
		return nil, errors.New("the private key cannot be read")
	}
	return signer, nil
}

func algorithmOf(private crypto.Signer) (jose.SignatureAlgorithm, error) {
	switch k := private.(type) {
	case *ecdsa.PrivateKey:
		switch k.Curve {
		case elliptic.P256():
			return jose.ES256, nil
		case elliptic.P384():
			return jose.ES384, nil
		case elliptic.P521():
			return jose.ES512, nil
		}
		return "", errors.New("the curve of the key is not P-256, P-384 or P-521")
	case *rsa.PrivateKey:
		if k.N.BitLen() < minRSA {
			return "", errors.New("the RSA key is shorter than 2048 bits")
		}
		return jose.RS256, nil
	case ed25519.PrivateKey:
		return jose.EdDSA, nil
	}
	return "", errors.New("the key is not one that signs: accepted are EC, RSA and Ed25519")
}

func (k *Key) jwk() jose.JSONWebKey {
	return jose.JSONWebKey{Key: k.private, KeyID: k.ID, Algorithm: string(k.algorithm), Use: "sig"}
}

// Public returns the set with the public key, as a receiver reads it.
func (k *Key) Public() (string, error) {
	jwk := k.jwk()
	text, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{jwk.Public()}})
	return string(text), err
}
