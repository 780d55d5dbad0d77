# Installs the configuration, and the unit for systemd with the right folders. CMakeLists.txt sets source and
# build (folders), prefix and sysconfdir (as configured). `cmake --install --prefix` may give another prefix. If
# that prefix ends in the configured one, the part in front is a staging folder. Otherwise the configuration goes
# into etc below the prefix, where core/config/location.c looks for it.
string(LENGTH "${prefix}" prefix_length)
string(LENGTH "${CMAKE_INSTALL_PREFIX}" length)
string(FIND "${CMAKE_INSTALL_PREFIX}" "${prefix}" stage_length REVERSE)
math(EXPR end "${stage_length} + ${prefix_length}")
if(stage_length GREATER_EQUAL 0 AND end EQUAL length)
  string(SUBSTRING "${CMAKE_INSTALL_PREFIX}" 0 ${stage_length} stage)
  set(folder "${stage}${sysconfdir}/dpae")
else()
  set(folder "${CMAKE_INSTALL_PREFIX}/etc/dpae")
endif()

# An existing file belongs to the operator and stays.
foreach(file config.yaml main_policy.yaml)
  if(NOT EXISTS "$ENV{DESTDIR}${folder}/${file}")
    file(INSTALL "${source}/${file}" DESTINATION "${folder}")
  endif()
endforeach()

file(READ "${source}/dpae.service" unit)
string(REPLACE "/etc/dpae" "${folder}" unit "${unit}")
string(REPLACE "/usr/" "${CMAKE_INSTALL_PREFIX}/" unit "${unit}")
file(WRITE "${build}/dpae.service" "${unit}")
file(INSTALL "${build}/dpae.service" DESTINATION "${CMAKE_INSTALL_PREFIX}/lib/systemd/system")
