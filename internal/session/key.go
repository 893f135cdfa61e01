package session

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"sync/atomic"
)

// Sizes, in bytes.
const (
	secretSize   = 32
	keyIDSize    = 2
	saltSize     = 12 // picks the key of some cookies
	aeadOverhead = 28 // what is added when sealing: the nonce and the tag
)

// What the keys derived from a secret are for.
const (
	purposeSeal = "maicontact session cookie 1 seal"
	purposeID   = "maicontact session cookie 1 key id"
)

const (
	// cookiesPerSalt is how many cookies one process writes with one salt. Two of
	// 2^40 cookies have salt and nonce in common with a probability of 2^-41.
	cookiesPerSalt = 1 << 16
	// cachedSalts bounds the ciphers that are kept of one secret, of 1.2 KB each.
	cachedSalts = 256
)

// key seals cookies with XAES-256-GCM (c2sp.org/XAES-256-GCM). AES-256-GCM
// under one key is safe for 2^32 cookies with random nonces, which a large site
// writes within months. XAES derives a key from 12 bytes of the nonce of 24, the
// salt, with two AES blocks. That, and the key's schedule, takes as long as all
// else that a cookie needs, so a process writes many cookies with one salt, and
// remembers the ciphers of salts that good cookies had. The key that they are
// derived from is in memory anyway.
type key struct {
	id      [keyIDSize]byte // in clear in a cookie, so that other keys are not tried
	block   cipher.Block
	mask    [aes.BlockSize]byte // K1 of CMAC
	current atomic.Pointer[saltedAEAD]
	cache   [cachedSalts]atomic.Pointer[saltedAEAD]
}

// saltedAEAD is the cipher of the cookies of one salt. It is safe for concurrent use.
type saltedAEAD struct {
	cipher.AEAD
	salt    [saltSize]byte
	written atomic.Int64 // how many cookies
}

// cipherOf returns the cipher of a salt.
func (k *key) cipherOf(salt [saltSize]byte, derived *[secretSize]byte) (*saltedAEAD, error) {
	if c := k.slot(salt).Load(); c != nil && c.salt == salt {
		return c, nil
	}
	aead, err := k.aead(salt[:], derived)
	if err != nil {
		return nil, err
	}
	return &saltedAEAD{AEAD: aead, salt: salt}, nil
}

// keep caches the cipher of a salt from a valid cookie. Salts of forged cookies cannot
// fill the cache.
func (k *key) keep(c *saltedAEAD) {
	if place := k.slot(c.salt); place.Load() != c {
		place.Store(c)
	}
}

// slot is where the cipher of a salt is cached. Salts are random.
func (k *key) slot(salt [saltSize]byte) *atomic.Pointer[saltedAEAD] {
	return &k.cache[binary.LittleEndian.Uint32(salt[:])%cachedSalts]
}

// nextCipher returns the cipher for the next cookie that is written.
func (k *key) nextCipher(derived *[secretSize]byte) (*saltedAEAD, error) {
	if c := k.current.Load(); c != nil && c.written.Add(1) <= cookiesPerSalt {
		return c, nil
	}
	var salt [saltSize]byte
	rand.Read(salt[:])
	c, err := k.cipherOf(salt, derived)
	if err != nil {
		return nil, err
	}
	c.written.Add(1)
	k.current.Store(c) // another that was made meanwhile is as good
	k.keep(c)
	return c, nil
}

// newKey derives one key for each purpose from a secret.
func newKey(secret []byte) (*key, error) {
	sealing, err := hkdf.Key(sha256.New, secret, nil, purposeSeal, secretSize)
	if err != nil {
		return nil, fmt.Errorf("deriving a key: %w", err)
	}
	k, err := xaes(sealing)
	if err != nil {
		return nil, err
	}
	id, err := hkdf.Key(sha256.New, secret, nil, purposeID, keyIDSize)
	if err != nil {
		return nil, fmt.Errorf("deriving a key: %w", err)
	}
	k.id = [keyIDSize]byte(id)
	return k, nil
}

// xaes prepares a key of XAES-256-GCM.
func xaes(sealing []byte) (*key, error) {
	block, err := aes.NewCipher(sealing)
	if err != nil {
		return nil, fmt.Errorf("deriving a key: %w", err)
	}
	k := &key{block: block}
	block.Encrypt(k.mask[:], k.mask[:])
	var carry byte
	for i := len(k.mask) - 1; i >= 0; i-- {
		k.mask[i], carry = k.mask[i]<<1|carry, k.mask[i]>>7
	}
	k.mask[len(k.mask)-1] ^= carry * 0b10000111
	return k, nil
}

// aead makes the cipher of a salt. Its nonces, which it makes and puts
// before what it seals, are the second half of XAES's.
func (k *key) aead(salt []byte, derived *[secretSize]byte) (cipher.AEAD, error) {
	for i := range 2 {
		block := derived[i*aes.BlockSize : (i+1)*aes.BlockSize]
		block[0], block[1], block[2], block[3] = 0, byte(i+1), 'X', 0
		copy(block[4:], salt)
		for j := range block {
			block[j] ^= k.mask[j]
		}
		k.block.Encrypt(block, block)
	}
	block, err := aes.NewCipher(derived[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
