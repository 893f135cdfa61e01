package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
	jwtmiddleware "github.com/auth0/go-jwt-middleware/v2"
	"github.com/auth0/go-jwt-middleware/v2/validator"
	"github.com/clerk/clerk-sdk-go/v2"
	clerkhttp "github.com/clerk/clerk-sdk-go/v2/http"
	"github.com/clerk/clerk-sdk-go/v2/jwks"
	"github.com/golang-jwt/jwt/v5"
	"github.com/gorilla/csrf"
)

// peer finds out from the request alone who makes it, and then writes the same
// bytes as ours.
type peer struct {
	name    string
	handler http.Handler
	request *http.Request
}

// peerTargets are ratios; to the others we are to be below them.
var peerTargets = map[string]float64{"gorilla-csrf_GET": 0.5, "golang-jwt_HS256": 0.25, "scs_memstore": 0.12}

// peersRow sets what others do on each request beside ours: the script for a
// visitor, whom nothing but our cookie tells.
func peersRow() row {
	return row{
		name: "peers",
		compare: func() ([]comparison, func(), error) {
			var open closing
			store, err := recommendedStore()
			if err != nil {
				return nil, nil, err
			}
			s, p, err := meetOn(store, nil, &open)
			if err != nil {
				return nil, open.close, err
			}
			ours := side{"script", s.serve(s.script(), newRequest(0, p.cookies...), len(p.script))}
			script := reply{"text/javascript; charset=utf-8", p.script}
			var pairs []comparison
			for _, set := range []func(reply) (peer, error){scsPeer, jwtPeer, auth0Peer, clerkPeer, csrfPeer} {
				rival, err := set(script)
				if err != nil {
					return nil, open.close, err
				}
				w, err := answer(rival.handler, rival.request)
				if err != nil || !bytes.Equal(w.Body.Bytes(), p.script) {
					return nil, open.close, fmt.Errorf("%s does not answer as it should: %v", rival.name, err)
				}
				limits := []limit{{belowRival, 1}}
				if most, ok := peerTargets[rival.name]; ok {
					limits = []limit{{ratio, most}}
				}
				pairs = append(pairs, comparison{
					name: rival.name, ours: ours,
					rival:  side{rival.name, serve(rival.handler, rival.request, len(p.script))},
					limits: limits,
				})
			}
			return pairs, open.close, nil
		},
	}
}

const (
	user     = "8a52cf94-42a5-43b5-8f0c-6f2f4a6a3d10"
	issuer   = "https://clerk.shop.example/"
	audience = "https://shop.example"
)

// scsPeer: LoadAndSave around the site, as its README has it, with the store in
// memory and one string in the session.
func scsPeer(script reply) (peer, error) {
	manager := scs.New()
	manager.Store = memstore.NewWithCleanupInterval(0)
	w, err := answer(manager.LoadAndSave(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		manager.Put(r.Context(), "user", user)
	})), newRequest(0))
	if err != nil {
		return peer{}, err
	}
	return peer{"scs_memstore", manager.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if manager.GetString(r.Context(), "user") != user {
			wrong(w)
			return
		}
		script.ServeHTTP(w, r)
	})), newRequest(0, w.Result().Cookies()...)}, nil
}

func claimsOf() jwt.RegisteredClaims {
	now := time.Now()
	return jwt.RegisteredClaims{
		Issuer: issuer, Subject: user, Audience: jwt.ClaimStrings{audience},
		IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now.Add(-time.Minute)), ExpiresAt: jwt.NewNumericDate(now.Add(time.Hour)),
	}
}

// jwtPeer: a token in a cookie, read by a parser that is made once and knows its
// method, issuer and audience.
func jwtPeer(script reply) (peer, error) {
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claimsOf()).SignedString(signingKey)
	if err != nil {
		return peer{}, err
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuer(issuer), jwt.WithAudience(audience), jwt.WithExpirationRequired())
	key := func(*jwt.Token) (any, error) { return signingKey, nil }
	return peer{"golang-jwt_HS256", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var claims jwt.RegisteredClaims
		cookie, err := r.Cookie("token")
		if err == nil {
			_, err = parser.ParseWithClaims(cookie.Value, &claims, key)
		}
		if err != nil || claims.Subject != user {
			wrong(w)
			return
		}
		script.ServeHTTP(w, r)
	}), newRequest(0, &http.Cookie{Name: "token", Value: token})}, nil
}

// auth0Peer: its middleware with its validator for HS256, as its README has it,
// a token in the Authorization header.
func auth0Peer(script reply) (peer, error) {
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claimsOf()).SignedString(signingKey)
	if err != nil {
		return peer{}, err
	}
	v, err := validator.New(func(context.Context) (any, error) { return signingKey, nil }, validator.HS256, issuer, []string{audience})
	if err != nil {
		return peer{}, err
	}
	request := newRequest(0)
	request.Header.Set("Authorization", "Bearer "+token)
	return peer{"auth0_HS256", jwtmiddleware.New(v.ValidateToken).CheckJWT(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, ok := r.Context().Value(jwtmiddleware.ContextKey{}).(*validator.ValidatedClaims)
		if !ok || claims.RegisteredClaims.Subject != user {
			wrong(w)
			return
		}
		script.ServeHTTP(w, r)
	})), request}, nil
}

// clerkPeer: its middleware with the key set that it fetches once and caches.
// It knows RS256 only, and that is most of its time.
func clerkPeer(script reply) (peer, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return peer{}, err
	}
	unsigned := jwt.NewWithClaims(jwt.SigningMethodRS256, claimsOf())
	unsigned.Header["kid"] = "ins_1"
	token, err := unsigned.SignedString(key)
	if err != nil {
		return peer{}, err
	}
	keys, err := json.Marshal(map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "ins_1",
		"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
	}}})
	if err != nil {
		return peer{}, err
	}
	client := jwks.NewClient(&clerk.ClientConfig{BackendConfig: clerk.BackendConfig{
		HTTPClient: &http.Client{Transport: inProcess{reply{"application/json", keys}}},
		URL:        clerk.String("https://api.clerk.example/v1"), Key: clerk.String("not-a-real-key"),
	}})
	request := newRequest(0)
	request.Header.Set("Authorization", "Bearer "+token)
	return peer{"clerk_RS256", clerkhttp.RequireHeaderAuthorization(clerkhttp.JWKSClient(client))(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, ok := clerk.SessionClaimsFromContext(r.Context())
		if !ok || claims.Subject != user {
			wrong(w)
			return
		}
		script.ServeHTTP(w, r)
	})), request}, nil
}

// csrfPeer: Protect around the site, a GET with its cookie. It does not say who
// is there; it is what sites take for granted on each request.
func csrfPeer(script reply) (peer, error) {
	handler := csrf.Protect(signingKey)(script)
	w, err := answer(handler, newRequest(0))
	if err != nil {
		return peer{}, err
	}
	if len(w.Result().Cookies()) != 1 {
		return peer{}, fmt.Errorf("csrf set %d cookies", len(w.Result().Cookies()))
	}
	return peer{"gorilla-csrf_GET", handler, newRequest(0, w.Result().Cookies()...)}, nil
}
