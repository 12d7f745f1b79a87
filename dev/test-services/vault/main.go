// A Vault server for tests: everything in memory, on one loopback address, with the transit and key-value engines and
// sign-in by tokens of an identity provider (JWT).
//
//	vault-test ADDRESS TOKEN
//
// Prints "ready" once it answers. It is Vault's own core and API without its command line, whose plugins (a hundred
// client libraries) nothing here needs. It ends with its standard input.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"

	log "github.com/hashicorp/go-hclog"
	jwt "github.com/hashicorp/vault-plugin-auth-jwt"
	kv "github.com/hashicorp/vault-plugin-secrets-kv"
	"github.com/hashicorp/vault/builtin/logical/transit"
	"github.com/hashicorp/vault/helper/namespace"
	vaulthttp "github.com/hashicorp/vault/http"
	"github.com/hashicorp/vault/internalshared/configutil"
	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical/inmem"
	"github.com/hashicorp/vault/vault"
)

func main() {
	if len(os.Args) != 3 {
		fail("usage: vault-test ADDRESS TOKEN", nil)
	}
	address, token := os.Args[1], os.Args[2]
	logger := log.New(&log.LoggerOptions{Level: log.Error, Output: os.Stderr})
	storage, err := inmem.NewInmem(nil, logger)
	check("storage", err)
	core, err := vault.NewCore(&vault.CoreConfig{
		Physical:        storage,
		Logger:          logger,
		DisableMlock:    true,
		BuiltinRegistry: engines{},
		CredentialBackends: map[string]logical.Factory{
			"jwt": jwt.Factory,
		},
		LogicalBackends: map[string]logical.Factory{
			"transit": transit.Factory,
			"kv":      kv.Factory,
		},
	})
	check("core", err)
	ctx := namespace.RootContext(context.Background())
	config := &vault.SealConfig{SecretShares: 1, SecretThreshold: 1}
	made, err := core.Initialize(ctx, &vault.InitParams{BarrierConfig: config, RecoveryConfig: config})
	check("initialize", err)
	_, err = core.Unseal(made.SecretShares[0])
	check("unseal", err)
	_, err = core.HandleRequest(ctx, &logical.Request{
		Operation:   logical.UpdateOperation,
		ClientToken: made.RootToken,
		Path:        "auth/token/create",
		Data:        map[string]interface{}{"id": token, "policies": []string{"root"}, "no_parent": true},
	})
	check("token", err)
	listener, err := net.Listen("tcp", address)
	check("listen", err)
	handler := vaulthttp.Handler.Handler(&vault.HandlerProperties{
		Core:                  core,
		ListenerConfig:        &configutil.Listener{},
		DisablePrintableCheck: true,
	})
	go func() { check("serve", http.Serve(listener, handler)) }()
	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// engines are the plugins that are compiled in.
type engines struct{}

func (engines) Contains(name string, kind consts.PluginType) bool {
	return kind == consts.PluginTypeSecrets && (name == "transit" || name == "kv") ||
		kind == consts.PluginTypeCredential && name == "jwt"
}

func (e engines) Get(name string, kind consts.PluginType) (func() (interface{}, error), bool) {
	if !e.Contains(name, kind) {
		return nil, false
	}
	return func() (interface{}, error) { return nil, nil }, true
}

func (engines) Keys(kind consts.PluginType) []string {
	if kind == consts.PluginTypeSecrets {
		return []string{"kv", "transit"}
	}
	if kind == consts.PluginTypeCredential {
		return []string{"jwt"}
	}
	return nil
}

func (e engines) DeprecationStatus(name string, kind consts.PluginType) (consts.DeprecationStatus, bool) {
	return consts.Supported, e.Contains(name, kind)
}

func (engines) IsBuiltinEntPlugin(string, consts.PluginType) bool { return false }

func check(what string, err error) {
	if err != nil {
		fail(what, err)
	}
}

func fail(what string, err error) {
	fmt.Fprintln(os.Stderr, "vault-test:", what, err)
	os.Exit(1)
}
