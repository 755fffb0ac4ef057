package sql

import (
	"context"
	"database/sql"
	"strconv"
	"time"
)

const connections = 4 // to one server at a time

// milliseconds returns a time as a number in a statement.
func milliseconds(d time.Duration) string {
	return strconv.FormatInt(max(1, d.Milliseconds()), 10)
}

// readRows runs a query on a connection of database/sql, in a transaction that
// is read-only.
func readRows(ctx context.Context, conn *sql.Conn, isolation sql.IsolationLevel, text string, args []any, to sink) error {
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: isolation})
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // nothing was changed
	rows, err := tx.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err is asked
	types, err := rows.ColumnTypes()
	if err != nil {
		return err
	}
	names, typeNames := make([]string, len(types)), make([]string, len(types))
	into, values := make([]any, len(types)), make([]value, len(types))
	for i, t := range types {
		names[i], typeNames[i] = t.Name(), t.DatabaseTypeName()
		into[i] = new(any)
	}
	if err := to.columns(names); err != nil {
		return err
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, cell := range into {
			if held, ok := cell.(*any); ok {
				values[i] = plain(*held, typeNames[i])
			}
		}
		if err := to.row(values); err != nil {
			return err
		}
	}
	return rows.Err()
}
