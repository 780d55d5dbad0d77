std = "luajit"
max_line_length = 120
exclude_files = { "build*" }

files["spec/**/*_spec.lua"].std = "+busted"
files["core/cli/templates/*_spec.lua"].std = "+busted"
-- Methods and functions of a fixed form do not use every argument.
unused_args = false
