// Package daemon has what tests need to start database servers of their own.
package daemon

import (
	"errors"
	"net"
	"os"
	"os/user"
	"strconv"
)

// FreePort returns a loopback port that nobody listens on, for now.
func FreePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// GiveAway lets an account of the system have a directory, which only root can do,
// and returns who that is.
func GiveAway(directory, account string) (uid, gid int, err error) {
	to, err := user.Lookup(account)
	if err != nil {
		return 0, 0, err
	}
	uid, uidErr := strconv.Atoi(to.Uid)
	gid, gidErr := strconv.Atoi(to.Gid)
	return uid, gid, errors.Join(uidErr, gidErr, os.Chown(directory, uid, gid))
}
