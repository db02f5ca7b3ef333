"""What the hub asks of its database. Everything of a tenant is asked through `TenantStore`, which has one."""
