package session

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/fips140"
	"encoding/hex"
	"testing"
)

// The vectors of c2sp.org/XAES-256-GCM.
func TestXAES(t *testing.T) {
	for _, test := range []struct {
		key         byte
		about, want string
	}{
		{1, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"},
		{3, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"},
	} {
		k, err := xaes(bytes.Repeat([]byte{test.key}, secretSize))
		if err != nil {
			t.Fatal(err)
		}
		nonce, text := []byte("ABCDEFGHIJKLMNOPQRSTUVWX"), []byte("XAES-256-GCM")
		var derived [secretSize]byte
		aead, err := k.aead(nonce[:saltSize], &derived)
		if err != nil {
			t.Fatal(err)
		}
		sealed, _ := hex.DecodeString(test.want)
		got, err := aead.Open(nil, nil, append(nonce[saltSize:], sealed...), []byte(test.about))
		if err != nil || !bytes.Equal(got, text) {
			t.Errorf("key %d: %q, %v", test.key, got, err)
		}
	}
}

// sealed writes a cookie as the comment on the format has it, with the nonce
// given, and by other means than the codec: it is what the codec must read.
func sealed(t testing.TB, secret, nonce, plain []byte, name string) string {
	t.Helper()
	return sealedAs(t, 1, secret, nonce, plain, name)
}

func sealedAs(t testing.TB, version byte, secret, nonce, plain []byte, name string) string {
	t.Helper()
	if fips140.Enforced() {
		t.Skip("a nonce cannot be given in FIPS 140-only mode")
	}
	k, err := newKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	var derived [secretSize]byte
	if _, err := k.aead(nonce[:saltSize], &derived); err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(derived[:])
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	raw := append([]byte{version}, k.id[:]...)
	about := append(append(append([]byte{}, raw...), "maicontact session cookie\n"...), name...)
	raw = gcm.Seal(append(raw, nonce...), nonce[saltSize:], plain, about)
	return encoding.EncodeToString(raw)
}

// Each purpose and each secret has a key of its own.
func TestKeysDiffer(t *testing.T) {
	seen := map[string]bool{}
	for _, letter := range "abc" {
		secret := bytes.Repeat([]byte{byte(letter)}, secretSize)
		k, err := newKey(secret)
		if err != nil {
			t.Fatal(err)
		}
		plain, _ := xaes(secret)
		if k.mask == plain.mask {
			t.Error("a secret is used as it is")
		}
		if seen[string(k.mask[:])] || seen[string(k.id[:])] {
			t.Error("two secrets have the same keys")
		}
		seen[string(k.mask[:])], seen[string(k.id[:])] = true, true
	}
	var one, two [secretSize]byte
	k, _ := newKey(bytes.Repeat([]byte("a"), secretSize))
	k.aead([]byte("salt salt 01"), &one)
	k.aead([]byte("salt salt 02"), &two)
	if one == two || bytes.Equal(one[:16], one[16:]) {
		t.Error("two cookies have the same key")
	}
}
