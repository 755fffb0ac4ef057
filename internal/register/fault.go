package register

import (
	"context"
	"errors"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system/redact"
)

// The summaries of errors.
const (
	summaryOpen  = "Unable to Open Register"
	summaryRead  = "Unable to Read Register"
	summaryWrite = "Unable to Write Register"
)

// problem says what an error of the database means, and what to do.
type problem struct{ what, advice string }

var (
	problemLocked = problem{"Another run holds the lock of the register.",
		"Wait until the other run has ended, then run again. If no other run is there, look for a program that has the register open in a transaction."}
	problemTimeout = problem{"The register did not answer in time.",
		"Look at the load of the database and of the disk, then run again."}
	problemReach = problem{"The database of the register could not be reached.",
		"Check that the database answers from here and has connections left, then run again."}
	problemLost = problem{"The connection to the database of the register was lost.",
		"Run again: what was recorded is found. If it happens again, look at the log of the database."}
	problemLogin = problem{"The database of the register refused the login.",
		"Check the user, the password and the name of the database, then run again."}
	problemCertificate = problem{"The certificate of the database of the register does not verify; nothing was sent to it.",
		"Name the authority in sslrootcert, and the server as its certificate does, then run again."}
	problemRight = problem{"The account of the register lacks a right.",
		"Grant it SELECT, INSERT, UPDATE and DELETE on the tables custody_*, and for a new or older register also CREATE on the schema."}
	problemReplica = problem{"The database of the register can only be read.",
		"Connect to the server that takes writes; a connection string with several hosts takes target_session_attrs=read-write."}
	problemTables = problem{"The tables of the register are missing.",
		"Check that the location leads to the right database and schema. If the register is lost, restore it from a backup."}
	problemContradiction = problem{"The register contradicts itself: it already holds a row that would have to be new.",
		"It was edited, or only a part of it was restored. Check the ledger, and restore the register from a backup."}
	problemFile = problem{"The file of the register cannot be opened for reading and writing.",
		"Check that its folder exists, that it is a regular file, and that it and its folder may be written."}
	problemNotADatabase = problem{"The file of the register is not a sound database of SQLite.",
		"Check that the location names the right file. If the file is damaged, restore it from a backup."}
	problemDisk = problem{"The disk of the register is full or fails.",
		"Make room on the disk, then run again."}
	problemNewer = problem{"The register was written by a newer version of the provider.",
		"Upgrade the provider here to the version that the other workspaces use."}
	problemOther = problem{"The database of the register failed.",
		"Look at the log of the database, then run again."}
)

// fault turns an error of the database into one for the user. An error of the
// caller's context stays what it is: the run was interrupted.
func (r *Register) fault(ctx context.Context, summary string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled) {
		return context.Cause(ctx)
	}
	return newFault(r.engine, summary, "", err)
}

func newFault(e engine, summary, known string, err error) *fault.Fault {
	t := e.explain(err)
	text := e.code(err)
	if text == "" {
		text = redact.Local(err)
	}
	f := t.fault(summary)
	f.Happened += known
	if text != "" {
		// Nothing is wrapped: a time-out of ours would pass for one of the caller's.
		f.Err = errors.New(text)
	}
	return f
}

func (t problem) fault(summary string) *fault.Fault {
	return &fault.Fault{Kind: fault.ErrUnavailable, Summary: summary, Happened: t.what, Advice: t.advice}
}
