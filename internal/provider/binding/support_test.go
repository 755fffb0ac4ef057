package binding_test

const (
	app = "custody_binding.app"
	key = "custody_grant.key"
)
