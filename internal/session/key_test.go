package session

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/fips140"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"testing"
	"time"
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

// salts returns the salts that a key remembers.
func salts(k *key) (known []string) {
	for i := range k.cache {
		if c := k.cache[i].Load(); c != nil {
			known = append(known, string(c.salt[:]))
		}
	}
	return known
}

func saltOf(t *testing.T, cookie string) string {
	t.Helper()
	raw, err := encoding.DecodeString(cookie)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw[headerSize : headerSize+saltSize])
}

// A salt is for so many cookies, and not for more.
func TestSaltEnds(t *testing.T) {
	c := codecOf(t, "a")
	first := saltOf(t, encode(t, c, sessionOf(member)))
	if second := saltOf(t, encode(t, c, sessionOf(member))); second != first {
		t.Error("each cookie has a salt of its own")
	}
	c.keys[0].current.Load().written.Store(cookiesPerSalt - 1)
	if last := saltOf(t, encode(t, c, sessionOf(member))); last != first {
		t.Error("the salt ended too early")
	}
	next := encode(t, c, sessionOf(member))
	if saltOf(t, next) == first {
		t.Error("the salt goes on for ever")
	}
	if other := codecOf(t, "a"); saltOf(t, encode(t, other, sessionOf(member))) == first || read(other, next) == nil {
		t.Error("two processes write with one salt, or cannot read each other's cookies")
	}
}

// Only the salts of good cookies are remembered, each in its place, and whoever
// is pushed out of it can be read all the same.
func TestSaltsAreRemembered(t *testing.T) {
	secret := bytes.Repeat([]byte("a"), secretSize)
	c := codecOf(t, "a")
	plain, err := encoding.AppendDecode(binary.AppendUvarint([]byte{kindEntry}, uint64(time.Now().Unix())), []byte(member.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	cookie := func(salt string) string { return sealed(t, secret, []byte(salt+"and a nonce."), plain, "maicontact") }

	good := cookie("salt salt 01")
	raw, _ := encoding.DecodeString(good)
	raw[len(raw)-1] ^= 1
	if read(c, encoding.EncodeToString(raw)) != nil || len(salts(c.keys[0])) != 0 {
		t.Error("a forged cookie is read, or remembered")
	}
	for _, salt := range []string{"salt salt 01", "salt salt 02", "salt salt 01"} {
		if read(c, cookie(salt)) == nil || !slices.Equal(salts(c.keys[0]), []string{salt}) {
			t.Errorf("%s: not read, or not remembered in the place of the other: %q", salt, salts(c.keys[0]))
		}
	}
	remembered := c.keys[0].slot([saltSize]byte(raw[headerSize:])).Load()
	if read(c, good) == nil || c.keys[0].slot([saltSize]byte(raw[headerSize:])).Load() != remembered {
		t.Error("the cipher was made anew")
	}
	// A salt that is remembered opens nothing that it did not open before.
	if read(c, encoding.EncodeToString(raw)) != nil {
		t.Error("a forged cookie of a salt that is remembered is read")
	}
}
