package admin

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"

	"github.com/maicontact/maicontact/contacts"
)

// sealer encrypts people for addresses, so that nobody can read in a log, a browser's
// history or over a shoulder who it is. All results have the same length.
type sealer struct{ box cipher.AEAD }

var errSeal = errors.New("admin: the address names nobody")

func newSealer(key []byte) (sealer, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, err
	}
	box, err := cipher.NewGCMWithRandomNonce(block)
	return sealer{box}, err
}

// seal encrypts a person. Only the person's scope can open the result.
func (s sealer) seal(p contacts.Person) string {
	text := make([]byte, 1+contacts.MaxIDLength)
	text[0] = p.Kind[0]
	copy(text[1:], p.ID)
	sealed := s.box.Seal(nil, nil, text, bound(p.Scope())) // #nosec G407 -- the box makes a random nonce
	return base64.RawURLEncoding.EncodeToString(sealed)
}

func (s sealer) open(scope contacts.Scope, name string) (contacts.Person, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(name)
	if err != nil {
		return contacts.Person{}, errSeal
	}
	text, err := s.box.Open(nil, nil, sealed, bound(scope))
	if err != nil || len(text) != 1+contacts.MaxIDLength {
		return contacts.Person{}, errSeal
	}
	// An ID is plain text, so it has no zero byte like the padding.
	id := string(bytes.TrimRight(text[1:], "\x00"))
	p := contacts.Person{Namespace: scope.Namespace, InboxID: scope.InboxID, Kind: contacts.KindMember, ID: id}
	if text[0] == contacts.KindVisitor[0] {
		p.Kind = contacts.KindVisitor
	}
	return p, nil
}

// bound is unambiguous: neither part holds a line break.
func bound(s contacts.Scope) []byte { return []byte(s.Namespace + "\n" + s.InboxID) }
