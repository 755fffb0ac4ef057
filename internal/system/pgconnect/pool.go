package pgconnect

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// size is how many connections there are to one server at a time.
const size = 4

// Rollback and Commit end a transaction.
const (
	Rollback = "ROLLBACK"
	Commit   = "COMMIT"
)

// Pool lends connections to one server. It is safe for concurrent use.
type Pool struct {
	config *pgx.ConnConfig
	limit  time.Duration
	slots  chan struct{}  // one for each connection there may be
	idle   chan *pgx.Conn // those that are open and not in use
}

// NewPool returns a pool that has not connected yet. A transaction is given up after the
// limit: the time limits of statements are the server's, and a server that has fallen
// silent keeps none.
func NewPool(config *pgx.ConnConfig, limit time.Duration) *Pool {
	return &Pool{config: config, limit: limit, slots: make(chan struct{}, size), idle: make(chan *pgx.Conn, size)}
}

// Config returns how the pool connects. It must not be changed.
func (p *Pool) Config() *pgx.ConnConfig { return p.config }

// Do runs do on a connection on which begin has begun a transaction, and ends the
// transaction with end. If anything fails, the connection is closed, which rolls the
// transaction back.
func (p *Pool) Do(ctx context.Context, begin, end string, do func(*pgx.Conn) error) (err error) {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := ctx.Err(); err != nil { // both may have come at once
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, p.limit)
	defer cancel()
	conn, err := p.open(ctx, begin)
	if err != nil {
		return err
	}
	defer func() {
		if err == nil {
			_, err = conn.Exec(ctx, end)
		}
		if err == nil && !conn.IsClosed() {
			p.idle <- conn
			return
		}
		_ = conn.Close(ctx)
	}()
	return do(conn)
}

// open returns a connection on which the transaction has begun.
func (p *Pool) open(ctx context.Context, begin string) (*pgx.Conn, error) {
	for {
		select {
		case conn := <-p.idle:
			// The server may have ended it since; then the next one is tried.
			if err := start(ctx, conn, begin); err == nil {
				return conn, nil
			}
			continue
		default:
		}
		conn, err := pgx.ConnectConfig(ctx, p.config)
		if err != nil {
			return nil, err
		}
		return conn, start(ctx, conn, begin)
	}
}

func start(ctx context.Context, conn *pgx.Conn, begin string) error {
	_, err := conn.PgConn().Exec(ctx, begin).ReadAll()
	if err != nil {
		_ = conn.Close(ctx)
	}
	return err
}
