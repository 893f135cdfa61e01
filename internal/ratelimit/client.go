package ratelimit

import (
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strings"
)

// clientOf tells who makes a request, for limits only: the remote address or,
// where that is a trusted proxy's, the right-most hop of X-Forwarded-For that
// is not. A hop that is no address ends the walk at the proxy that let it pass,
// so that what a client writes there gains nothing. An IPv6 client is its /64,
// which is what one household or server usually gets. All clients without an
// address, as on a Unix socket, are one: the zero Addr.
func clientOf(remote string, forwarded []string, trusted []netip.Prefix) netip.Addr {
	client, ok := parseHop(remote)
	if !ok {
		return netip.Addr{}
	}
	for hop := range hopsFromRight(forwarded) {
		if !isTrusted(client, trusted) {
			break
		}
		next, ok := parseHop(hop)
		if !ok {
			break
		}
		client = next
	}
	if client.Is6() {
		return netip.PrefixFrom(client, 64).Masked().Addr()
	}
	return client
}

// networkOf returns the network that a client is in: the /24 of an IPv4 address,
// the /48 of an IPv6 one, which is what one site usually gets.
func networkOf(client netip.Addr) netip.Addr { return masked(client, 24, 48) }

// aroundOf returns what one owner may have as a whole: the /16, or the /32 that
// providers get.
func aroundOf(client netip.Addr) netip.Addr { return masked(client, 16, 32) }

// masked returns the first address of the network around a client that has so
// many bits. The common client is in a network of its own.
func masked(client netip.Addr, v4, v6 int) netip.Addr {
	bits := v6
	if client.Is4() {
		bits = v4
	}
	network, err := client.Prefix(bits)
	if err != nil {
		return client
	}
	return network.Addr()
}

// hopsFromRight goes through the list that all lines of X-Forwarded-For are
// together, the nearest hop first. Empty parts are hops, too: a proxy that does
// not know its client may write one.
func hopsFromRight(lines []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, line := range slices.Backward(lines) {
			for comma := len(line); comma >= 0; {
				line = line[:comma]
				comma = strings.LastIndexByte(line, ',')
				if !yield(line[comma+1:]) {
					return
				}
			}
		}
	}
}

// longestHop is more than any address with zone and port takes.
const longestHop = 64

// parseHop reads an address, with or without a port. IPv6 with a port stands in
// brackets, and without one may.
func parseHop(s string) (netip.Addr, bool) {
	s = strings.Trim(s, " \t")
	if len(s) > longestHop {
		return netip.Addr{}, false
	}
	addr, err := netip.ParseAddr(s)
	if err != nil {
		var withPort netip.AddrPort
		withPort, err = netip.ParseAddrPort(s)
		addr = withPort.Addr()
	}
	if inside, ok := strings.CutPrefix(s, "["); err != nil && ok {
		if inside, ok = strings.CutSuffix(inside, "]"); ok {
			addr, err = netip.ParseAddr(inside)
			if addr.Is4() {
				return netip.Addr{}, false
			}
		}
	}
	if err != nil {
		return netip.Addr{}, false
	}
	return addr.Unmap().WithZone(""), true
}

func isTrusted(addr netip.Addr, trusted []netip.Prefix) bool {
	return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// checkProxies reports every prefix that is wrong: each would match nothing, or
// everybody. The errors name Config.Site.TrustedProxies.
func checkProxies(list []netip.Prefix) error {
	var faults []error
	for i, p := range list {
		fault := ""
		switch {
		case !p.IsValid():
			fault = `it must be a prefix, such as netip.MustParsePrefix("10.0.0.0/8")`
		case p.Addr().Is4In6():
			fault = `it must be written as IPv4, such as "10.0.0.0/8"`
		case p.Bits() == 0:
			fault = "it trusts everybody; list your proxies alone, or anybody can choose their own address"
		default:
			continue
		}
		faults = append(faults, fmt.Errorf("Config.Site.TrustedProxies[%d]: %s", i, fault))
	}
	return errors.Join(faults...)
}
