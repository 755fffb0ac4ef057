# Each test adds its grants.
