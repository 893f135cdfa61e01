package session

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
)

// Sizes, in bytes.
const (
	secretSize = 32
	keyIDSize  = 2
	saltSize   = 12 // picks the key of one cookie
	sealSize   = 28 // what is added when sealing: the nonce and the tag
)

// What the keys derived from a secret are for.
const (
	purposeSeal = "maicontact session cookie 1 seal"
	purposeID   = "maicontact session cookie 1 key id"
)

// key seals cookies with XAES-256-GCM (c2sp.org/XAES-256-GCM). AES-256-GCM
// under one key is safe for 2^32 cookies with random nonces, which a large site
// writes within months. XAES derives a key for each cookie from 12 bytes of its
// random nonce of 24, with two AES blocks: one secret is then good for 2^80
// cookies, at the price of one more AES key schedule each.
type key struct {
	id    [keyIDSize]byte // in clear in a cookie, so that other keys are not tried
	block cipher.Block
	mask  [aes.BlockSize]byte // K1 of CMAC
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

// aead returns the cipher of one cookie. Its nonces, which it makes and puts
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
