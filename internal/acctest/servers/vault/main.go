// Program vault is a HashiCorp Vault in memory for the tests: its core, its HTTP API and
// the backends that the tests use. The whole of Vault takes an hour of work to compile,
// most of it for cloud providers.
//
// Vault's licence (BUSL-1.1) allows this, and keeps it out of the provider: this is a
// module of its own, of which nothing is shipped.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"

	"github.com/hashicorp/go-hclog"
	kv "github.com/hashicorp/vault-plugin-secrets-kv"
	"github.com/hashicorp/vault/builtin/credential/approle"
	"github.com/hashicorp/vault/builtin/credential/userpass"
	"github.com/hashicorp/vault/builtin/logical/database"
	"github.com/hashicorp/vault/helper/namespace"
	vaulthttp "github.com/hashicorp/vault/http"
	"github.com/hashicorp/vault/internalshared/configutil"
	"github.com/hashicorp/vault/plugins/database/postgresql"
	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical/inmem"
	"github.com/hashicorp/vault/vault"
)

// builtin are the backends, as Vault's own registry holds them.
type builtin map[consts.PluginType]map[string]func() (any, error)

func (b builtin) Get(name string, of consts.PluginType) (func() (any, error), bool) {
	f, ok := b[of][name]
	return f, ok
}

func (b builtin) Keys(of consts.PluginType) []string {
	var out []string
	for name := range b[of] {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func (b builtin) Contains(name string, of consts.PluginType) bool {
	_, ok := b[of][name]
	return ok
}

func (b builtin) DeprecationStatus(name string, of consts.PluginType) (consts.DeprecationStatus, bool) {
	return consts.Supported, b.Contains(name, of)
}

func (builtin) IsBuiltinEntPlugin(string, consts.PluginType) bool { return false }

func factory(f logical.Factory) func() (any, error) {
	return func() (any, error) { return f, nil }
}

var backends = builtin{
	consts.PluginTypeCredential: {"approle": factory(approle.Factory), "userpass": factory(userpass.Factory)},
	consts.PluginTypeSecrets:    {"kv": factory(kv.Factory), "database": factory(database.Factory)},
	consts.PluginTypeDatabase:   {"postgresql-database-plugin": postgresql.New},
}

func main() {
	if err := serve(os.Getenv("VAULT_TEST_ADDRESS"), os.Getenv("VAULT_TEST_TOKEN")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve serves the API at an address. token is the root token.
func serve(address, token string) error {
	logger := hclog.New(&hclog.LoggerOptions{Level: hclog.Warn})
	store, err := inmem.NewInmem(nil, logger)
	if err != nil {
		return err
	}
	core, err := vault.NewCore(&vault.CoreConfig{
		Physical: store, Logger: logger, DisableMlock: true, BuiltinRegistry: backends,
		CredentialBackends: map[string]logical.Factory{"approle": approle.Factory, "userpass": userpass.Factory},
		LogicalBackends:    map[string]logical.Factory{"kv": kv.Factory, "database": database.Factory},
	})
	if err != nil {
		return err
	}
	if err := open(core, token); err != nil {
		return err
	}
	return http.ListenAndServe(address, vaulthttp.Handler.Handler(&vault.HandlerProperties{
		Core: core, ListenerConfig: &configutil.Listener{Address: address},
	}))
}

// open initialises the server and lets it begin, as "vault server -dev" does.
func open(core *vault.Core, token string) error {
	ctx := namespace.RootContext(context.Background())
	made, err := core.Initialize(ctx, &vault.InitParams{BarrierConfig: &vault.SealConfig{SecretShares: 1, SecretThreshold: 1, Name: "shamir"}})
	if err != nil {
		return err
	}
	if unsealed, err := core.Unseal(made.SecretShares[0]); err != nil || !unsealed {
		return errors.Join(errors.New("it stays sealed"), err)
	}
	r, err := core.HandleRequest(ctx, &logical.Request{
		ID: "root", Operation: logical.UpdateOperation, ClientToken: made.RootToken, Path: "auth/token/create",
		Data: map[string]any{"id": token, "policies": []string{"root"}, "no_parent": true, "no_default_policy": true},
	})
	if err != nil || r == nil || r.Auth == nil {
		return errors.Join(errors.New("it made no root token"), err)
	}
	return nil
}
