package crashtest

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"github.com/maicontact/maicontact/example/internal/mariadbtest"
	"github.com/maicontact/maicontact/example/internal/postgrestest"
)

// disorder is how long processes are killed at random.
var disorder = flag.Duration("disorder", 8*time.Second, "how long processes are killed at random")

// soak is how long people use a site that goes up and down.
var soak = flag.Duration("soak", 6*time.Second, "how long the site is used in the soak")

func TestMain(m *testing.M) {
	// The tests mostly wait for the leases of the dead to run out, so more of
	// them than there are processors may run at once.
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	postgrestest.Main(m, mariadbtest.Stop)
}

// TestCrashes runs processes with short leases, and still mostly waits for them.
func TestCrashes(t *testing.T) {
	t.Parallel()
	program := build(t)
	for _, p := range points {
		if testing.Short() && p.waits {
			continue
		}
		t.Run("at a point/"+p.name, func(t *testing.T) {
			t.Parallel()
			p.run(t, program)
		})
	}
	for name, run := range map[string]func(t *testing.T, program string){
		"PostgreSQL": randomOnPostgreSQL,
		"SQLite":     randomOnSQLite,
		"MariaDB":    randomOnMariaDB,
	} {
		t.Run("at random/"+name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() {
				t.Skip("waits for leases to run out")
			}
			run(t, program)
		})
	}
}

// build makes the example, with the race detector when the test has it.
func build(t *testing.T) string {
	t.Helper()
	// The go command remembers the result of a test until a file that the test
	// has opened is changed. It does not know that the test runs this program.
	for _, directory := range []string{"..", "../pages", "../assets"} {
		if _, err := os.ReadDir(directory); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(t.TempDir(), "shop")
	arguments := []string{"build", "-tags", "short_times", "-o", program}
	if hasRaceDetector() {
		arguments = append(arguments, "-race")
	}
	out, err := exec.CommandContext(t.Context(), "go", append(arguments, "..")...).CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v: %s", err, out)
	}
	return program
}

func hasRaceDetector() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}
