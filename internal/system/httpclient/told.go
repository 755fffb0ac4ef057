package httpclient

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"slices"
	"strings"
)

// The media types of answers that messages name.
var mediaTypes = []string{
	"application/json", "application/problem+json", "application/scim+json", "application/xml", "text/html", "text/plain", "text/xml",
}

// The codes of errors that messages name, wherever they are in a JSON answer:
// those of OAuth (RFC 6749, RFC 6750), of SCIM (RFC 7644) and of GLPI.
var errorCodes = []string{
	"access_denied", "insufficient_scope", "invalid_client", "invalid_grant", "invalid_request", "invalid_scope", "invalid_token",
	"server_error", "temporarily_unavailable", "unauthorized_client", "unsupported_grant_type",

	"invalidFilter", "invalidPath", "invalidSyntax", "invalidValue", "invalidVers", "noTarget", "tooMany",

	"ERROR_APP_TOKEN_PARAMETERS_MISSING", "ERROR_BAD_ARRAY", "ERROR_GLPI_LOGIN", "ERROR_GLPI_LOGIN_USER_TOKEN", "ERROR_ITEM_NOT_FOUND",
	"ERROR_LOGIN_PARAMETERS_MISSING", "ERROR_LOGIN_WITH_CREDENTIALS_DISABLED", "ERROR_METHOD_NOT_ALLOWED", "ERROR_NOT_ALLOWED_IP",
	"ERROR_RANGE_EXCEED_TOTAL", "ERROR_RESOURCE_MISSING", "ERROR_RESOURCE_NOT_FOUND_NOR_COMMONDBTM", "ERROR_RIGHT_MISSING",
	"ERROR_SESSION_TOKEN_INVALID", "ERROR_SESSION_TOKEN_MISSING", "ERROR_SQL", "ERROR_WRONG_APP_TOKEN_PARAMETER",
}

// told describes the answer of a server without repeating its text: a server may
// put credentials into an error, in any encoding. Only the words that are listed
// here are shown.
func (c *Client) told(r *Response) error {
	if r == nil || r.Status < 300 {
		return nil
	}
	kind := "of another or no content type"
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err == nil && slices.Contains(mediaTypes, media) {
		kind = "of type " + media
	}
	text := fmt.Sprintf("status %d with %d bytes %s", r.Status, len(r.Body), kind)
	if codes := codesIn(r.Body); len(codes) > 0 {
		text += ", which hold the code " + strings.Join(codes, ", ")
	}
	return errors.New(text + "; the text of an error is not repeated, because a server may put credentials into it")
}

// codesIn returns the known codes among the texts of a JSON document.
func codesIn(body []byte) []string {
	const most = 64 << 10
	if len(body) > most {
		return nil
	}
	var found []string
	d := json.NewDecoder(bytes.NewReader(body))
	for {
		token, err := d.Token()
		if err != nil {
			slices.Sort(found)
			return slices.Compact(found)
		}
		if word, ok := token.(string); ok && slices.Contains(errorCodes, word) {
			found = append(found, word)
		}
	}
}
