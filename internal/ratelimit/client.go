package ratelimit

import (
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strings"
)

// clientOf returns the client of a request, for limits only: the remote address or,
// if that is a trusted proxy, the right-most hop of X-Forwarded-For that is not one.
// A hop that is no address ends the search at the proxy that passed it on, so that a
// client gains nothing by writing one. An IPv6 client is its /64, which is what one
// household or server usually gets. All clients without an address, as on a Unix
// socket, are one: the zero Addr.
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

// ownerOf returns the largest network that one owner may have: the /16 of an IPv4
// address, or the /32 that providers get of IPv6.
func ownerOf(client netip.Addr) netip.Addr { return masked(client, 16, 32) }

// masked returns the first address of the client's network with that many bits. The
// zero Addr is a network of its own.
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

// hopsFromRight yields the hops of all X-Forwarded-For lines, the nearest first. An
// empty part is a hop too: a proxy that does not know its client may write one.
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

// maxHop is longer than any address with zone and port.
const maxHop = 64

// parseHop parses an address, with or without a port. IPv6 is in brackets if it has a
// port, and may be without.
func parseHop(s string) (netip.Addr, bool) {
	s = strings.Trim(s, " \t")
	if len(s) > maxHop {
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
