package main

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/boj/redistore"
	"github.com/gomodule/redigo/redis"
	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
)

const (
	// redisTime bounds each wait for Redis: a page that needs to know who is
	// there must not wait for a server that hangs.
	redisTime = time.Second
	// redisConnections bounds those that are open at once.
	redisConnections = 64
)

// keeper makes the shop's session stores: in cookies, or on Redis.
type keeper struct {
	secret []byte
	pool   *redis.Pool // nil: in cookies
}

// openSessions connects to Redis where the settings name one.
func openSessions(s settings) (*keeper, error) {
	k := &keeper{secret: s.sessionKey}
	if s.redis == "" {
		return k, nil
	}
	k.pool = &redis.Pool{
		Dial: func() (redis.Conn, error) {
			return redis.DialURL(s.redis, redis.DialConnectTimeout(redisTime), redis.DialReadTimeout(redisTime), redis.DialWriteTimeout(redisTime))
		},
		MaxIdle: redisConnections, MaxActive: redisConnections, IdleTimeout: time.Minute,
	}
	connection := k.pool.Get()
	defer connection.Close()
	if _, err := connection.Do("PING"); err != nil {
		return nil, fmt.Errorf("REDIS_URL: %w", err)
	}
	return k, nil
}

func (k *keeper) close() {
	if k.pool != nil {
		_ = k.pool.Close()
	}
}

// store makes the store of one of the shop's sessions. Each has a secret of its
// own, made from that of the shop, so that a cookie for one purpose is never good
// for another.
func (k *keeper) store(purpose string) (sessions.Store, error) {
	secret, err := hkdf.Key(sha256.New, k.secret, nil, purpose, 32)
	if err != nil {
		return nil, err
	}
	if k.pool == nil {
		return maicontact.NewCookieStore(secret)
	}
	store, err := redistore.NewRediStoreWithPool(k.pool, secret)
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL: %w", err)
	}
	store.SetKeyPrefix("shop:" + purpose + ":")
	return store, nil
}

// parseRedis returns the address of a Redis server; it may hold a password.
func parseRedis(address string) (string, error) {
	if address == "" {
		return "", nil
	}
	readable := errors.New("nothing is called: only what the address says is of interest")
	_, err := redis.DialURL(address, redis.DialNetDial(func(string, string) (net.Conn, error) { return nil, readable }))
	if !errors.Is(err, readable) {
		return "", errors.New("must be the address of a Redis server, such as redis://127.0.0.1:6379/0")
	}
	return address, nil
}
