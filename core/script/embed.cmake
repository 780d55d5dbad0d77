# Writes OUTPUT, a C file that holds the files FILES (a list) as the array TABLE of struct TYPE, which
# HEADER declares.
# cmake -D OUTPUT=... -D FILES="a;b" -D HEADER=... -D TYPE=... -D TABLE=... -P embed.cmake
set(arrays "")
set(table "")
set(index 0)
foreach(file ${FILES})
  get_filename_component(name ${file} NAME)
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "static const unsigned char file_${index}[] = {${bytes}};\n")
  string(APPEND table "    {\"${name}\", file_${index}, sizeof file_${index}},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUTPUT} "#include \"${HEADER}\"\n\n${arrays}\n"
     "const struct ${TYPE} ${TABLE}[] = {\n${table}    {NULL, NULL, 0},\n};\n")
