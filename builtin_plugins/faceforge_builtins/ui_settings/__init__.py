"""The pages of settings: fields, storage, tools, access, trash and checks."""
