package servers

import (
	"context"
	"net/http"
	"net/url"
	"testing"
)

// keycloakLogin is the client with which users of a realm log in.
const keycloakLogin = "login"

// AddLoginClient makes the client with which users log in by password.
func (r *KeycloakRealm) AddLoginClient(t testing.TB) {
	t.Helper()
	r.Call(t, http.MethodPost, "/clients", map[string]any{
		"clientId": keycloakLogin, "publicClient": true, "directAccessGrantsEnabled": true, "standardFlowEnabled": false,
	}, nil)
}

// KeycloakSession is what a user has been given at a login.
type KeycloakSession struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

// Login logs a user in. The scope openid offline_access gives a refresh token that
// outlives the session.
func (r *KeycloakRealm) Login(t testing.TB, username, password, scope string) (*KeycloakSession, error) {
	t.Helper()
	form := url.Values{"grant_type": {"password"}, "client_id": {keycloakLogin}, "username": {username}, "password": {password}}
	if scope != "" {
		form.Set("scope", scope)
	}
	return r.tokens(form)
}

// Refresh reports whether a session goes on: whether its refresh token gives another
// access token.
func (r *KeycloakRealm) Refresh(t testing.TB, s *KeycloakSession) bool {
	t.Helper()
	_, err := r.tokens(url.Values{"grant_type": {"refresh_token"}, "client_id": {keycloakLogin}, "refresh_token": {s.Refresh}})
	return err == nil
}

func (r *KeycloakRealm) tokens(form url.Values) (*KeycloakSession, error) {
	var got KeycloakSession
	_, err := call(context.Background(), http.MethodPost, r.URL+"/realms/"+r.Name+"/protocol/openid-connect/token", "", form, &got)
	return &got, err
}
