package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"

	"github.com/alecthomas/kong"
)

// commandLine has all flags and commands.
type commandLine struct {
	settings
	JSON    bool             `help:"Print results as JSON, one object a line."`
	Version kong.VersionFlag `help:"Print the version."`

	Show    showCommand    `cmd:"" help:"Tell what the table has of a person."`
	Erase   eraseCommand   `cmd:"" help:"Delete a person's contact for good, and leave a tombstone."`
	Restore restoreCommand `cmd:"" help:"Lift a complete tombstone."`
	Reissue reissueCommand `cmd:"" help:"Delete a person's contact, so that they get another: for an id that has leaked."`
	Suspend suspendCommand `cmd:"" help:"Take the chat from a person until they are resumed."`
	Resume  resumeCommand  `cmd:"" help:"Give a suspended person the chat back."`
	Link    linkCommand    `cmd:"" help:"Give a member a contact that is at MaiAgent already."`
	Import  importCommand  `cmd:"" help:"Take over an existing mapping of members to contacts."`
	Audit   auditCommand   `cmd:"" help:"Compare the table with MaiAgent, both ways."`
	Export  exportCommand  `cmd:"" help:"Write all that the table and MaiAgent have of a person, for a data request."`
	Prune   pruneCommand   `cmd:"" help:"Take out visitors who were not seen for long."`
	Probe   probeCommand   `cmd:"" help:"Find out how a MaiAgent behaves, with scratch contacts on an inbox that is named for it."`
	Migrate migrateCommand `cmd:"" help:"The schema of the table."`
	Doctor  doctorCommand  `cmd:"" help:"Find out what is wrong with the settings, MaiAgent and the table."`
}

// command is implemented by every command.
type command interface {
	run(ctx context.Context, a *app) error
}

// app is what a command works with.
type app struct {
	process
	output
	settings settings
}

// The ways in which a command can end other than well, beside a refusal.
var (
	// errFindings: the work is done, and the findings were written.
	errFindings = errors.New("there are findings")
	errUsage    = errors.New("wrong usage")
)

// exitCode is what kong's Exit panics with after it has printed help.
type exitCode int

// run runs one command, and returns the exit status.
func run(ctx context.Context, p process) (status int) {
	var line commandLine
	parser, err := kong.New(&line,
		kong.Name("maicontact"),
		kong.Description("Operate a site whose MaiAgent Web Chat knows who it is talking to.\n\n"+
			"Exit status: 0 done, 1 findings, 2 wrong usage or settings, 3 could not run."),
		kong.Writers(p.stdout, p.stderr),
		kong.Exit(func(code int) { panic(exitCode(code)) }),
		kong.Vars{"version": version()},
		kong.Resolvers(environment(p.env)),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		return explain(p, err)
	}
	defer func() {
		switch p := recover().(type) {
		case nil:
		case exitCode:
			status = int(p)
		default:
			panic(p)
		}
	}()
	parsed, err := parser.Parse(helpFlag(p.args))
	if err != nil {
		return explain(p, fmt.Errorf("%w: %w; see --help", errUsage, err))
	}
	a := &app{process: p, output: output{json: line.JSON, to: p.stdout, words: p.stderr}, settings: line.settings}
	asked, ok := parsed.Selected().Target.Addr().Interface().(command)
	if !ok {
		return explain(p, fmt.Errorf("%w: there is no such command", errUsage))
	}
	err = asked.run(ctx, a)
	if err == nil {
		err = a.failure
	}
	return explain(p, line.settings.lead(err))
}

// helpFlag turns "help" and "help show" into the flag.
func helpFlag(args []string) []string {
	if len(args) > 0 && args[0] == "help" {
		return append(slices.Clone(args[1:]), "--help")
	}
	return args
}

// version returns the version that this program was built from.
func version() string {
	text := "maicontact "
	if info, ok := debug.ReadBuildInfo(); ok {
		text += cmp.Or(info.Main.Version, "(devel)") + ", "
	}
	return text + runtime.Version()
}

// contactIDPattern matches what looks like a contact id, or a part of one.
var contactIDPattern = regexp.MustCompile(`(?i)[0-9a-f]{8}-[0-9a-f]{4}[0-9a-f-]*|[0-9a-f]{32,}`)

// explain writes what is wrong, and returns the exit status. It hides what looks like a
// contact id, as an error may repeat an argument that is one by mistake.
func explain(p process, err error) int {
	faults, wrong := errors.AsType[settingFaults](err)
	_, refused := errors.AsType[refusal](err)
	switch {
	case err == nil:
		return exitDone
	case wrong:
		fmt.Fprintln(p.stderr, "maicontact: the settings are wrong:")
		for _, fault := range faults {
			fmt.Fprintln(p.stderr, "  "+fault.String())
		}
		return exitUsage
	case errors.Is(err, errFindings):
		return exitFindings
	}
	fmt.Fprintln(p.stderr, "maicontact: "+contactIDPattern.ReplaceAllString(withoutPackages(err.Error()), "[an id]"))
	switch {
	case errors.Is(err, errUsage):
		return exitUsage
	case refused:
		return exitFindings
	}
	return exitFailure
}
