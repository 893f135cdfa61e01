package mariadbtest

import (
	"sync"
	"testing"
)

// Servers that are made at the same time leave each other's files alone.
func TestServersBesideEachOther(t *testing.T) {
	if _, err := find("mariadb-install-db"); err != nil {
		SkipOrFail(t, err)
	}
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			server, err := Start()
			if err != nil {
				t.Error(err)
				return
			}
			server.Stop()
		})
	}
	all.Wait()
}
