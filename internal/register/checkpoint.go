package register

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Checkpoint is a signed statement that a workspace had this head at an instant.
// An account that can write to the register can truncate or rewrite the ledger, but
// cannot sign: the key is kept elsewhere, and so must be the checkpoints.
type Checkpoint struct {
	Workspace string    `json:"workspace"`
	Sequence  int64     `json:"sequence"`
	Hash      string    `json:"hash"`
	At        time.Time `json:"at"`
	Key       string    `json:"key"`       // which key signed it: KeyID
	Signature string    `json:"signature"` // of Ed25519, in base64
}

// Sign returns the checkpoint of a head.
func Sign(h Head, at time.Time, key ed25519.PrivateKey) (Checkpoint, error) {
	if h.Sequence < 1 || len(h.Hash) != 2*sha256.Size {
		return Checkpoint{}, errors.New("a workspace without events has no checkpoint")
	}
	if err := checkInstant(at); err != nil {
		return Checkpoint{}, err
	}
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return Checkpoint{}, errors.New("the key is not an Ed25519 key")
	}
	c := Checkpoint{Workspace: h.Workspace, Sequence: h.Sequence, Hash: h.Hash, At: at.UTC(), Key: KeyID(public)}
	c.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(key, []byte(c.signed())))
	return c, nil
}

// signed returns the text that the signature covers. Its first line keeps the
// signature from being taken for one of anything else.
func (c Checkpoint) signed() string {
	var out strings.Builder
	fmt.Fprintf(&out, "custody ledger checkpoint 1\n%d\n%s\n%s\n%s\n", c.Sequence, c.Hash, instant(c.At), c.Key)
	quote(&out, c.Workspace)
	return out.String()
}

// Check reports a checkpoint that none of the keys signed.
func (c Checkpoint) Check(keys ...ed25519.PublicKey) error {
	signature, err := base64.StdEncoding.DecodeString(c.Signature)
	if err != nil {
		return errors.New("its signature is not base64")
	}
	for _, key := range keys {
		if KeyID(key) != c.Key {
			continue
		}
		if !ed25519.Verify(key, []byte(c.signed()), signature) {
			return fmt.Errorf("its signature is not that of the key %s", c.Key)
		}
		return nil
	}
	return fmt.Errorf("the key %.40q that signed it is not among those that are trusted", c.Key)
}

// String returns the checkpoint as one line, to be kept outside of the register.
func (c Checkpoint) String() string {
	text, err := json.Marshal(c)
	if err != nil {
		return "" // an instant beyond the year 9999, which neither Sign nor ParseCheckpoint gives
	}
	return string(text)
}

// ParseCheckpoint reads what String returned.
func ParseCheckpoint(text string) (Checkpoint, error) {
	const most = 8 << 10
	var c Checkpoint
	if len(text) > most {
		return c, fmt.Errorf("the checkpoint has %d bytes; up to %d are accepted", len(text), most)
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil || d.More() {
		return Checkpoint{}, errors.New("the text is not a checkpoint; use the line as it was printed")
	}
	if c.Sequence < 1 || len(c.Hash) != 2*sha256.Size || checkName("workspace", c.Workspace, false) != nil || checkInstant(c.At) != nil {
		return Checkpoint{}, errors.New("the text is not a checkpoint: its sequence, hash, workspace or instant is not valid")
	}
	return c, nil
}

// KeyID returns the first 16 hexadecimal digits of the SHA-256 of a key.
func KeyID(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:8])
}

// ParseSigningKey reads a private key in PEM, as "openssl genpkey -algorithm
// ed25519" writes it. No error repeats any of the text.
func ParseSigningKey(text string) (ed25519.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block != nil && block.Type == "PRIVATE KEY" {
		if parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
			if key, ok := parsed.(ed25519.PrivateKey); ok {
				return key, nil
			}
		}
	}
	return nil, errors.New("the text is not a private Ed25519 key in PEM (PKCS #8); make one with: openssl genpkey -algorithm ed25519")
}

// ParseVerifyingKey reads a public key in PEM, as "openssl pkey -pubout" writes it.
func ParseVerifyingKey(text string) (ed25519.PublicKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block != nil && block.Type == "PUBLIC KEY" {
		if parsed, err := x509.ParsePKIXPublicKey(block.Bytes); err == nil {
			if key, ok := parsed.(ed25519.PublicKey); ok {
				return key, nil
			}
		}
	}
	return nil, errors.New("the text is not a public Ed25519 key in PEM; make it from the private key with: openssl pkey -pubout")
}
