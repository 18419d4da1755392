# What `sam build` calls for each function and for the forms' layer; people use `cargo xtask`.
# The processor is the one that the stack is told of.
ARCH ?= $(shell sed -n 's/^Architecture: *\([a-z0-9_]*\).*/\1/p' settings.yaml)

build-Ingest: ; $(call package,ingest)
build-Status: ; $(call package,status)
build-Worker: ; $(call package,worker)
build-Buryer: ; $(call package,bury)
build-Notifier: ; $(call package,notifier)
build-Courier: ; $(call package,courier)

build-FormsLayer:
	mkdir -p "$(ARTIFACTS_DIR)/forms"
	cp forms/*.toml "$(ARTIFACTS_DIR)/forms/"
	if [ -e receivers.toml ]; then cp receivers.toml "$(ARTIFACTS_DIR)/"; fi

define package
cargo xtask package --arch $(ARCH) --only $(1) --into "$(ARTIFACTS_DIR)"
endef
