# The header-only library Random123, which has no CMake files of its own. Defines random123::random123.
find_path(Random123_INCLUDE_DIR Random123/philox.h)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Random123 REQUIRED_VARS Random123_INCLUDE_DIR)

if(Random123_FOUND AND NOT TARGET random123::random123)
  add_library(random123::random123 INTERFACE IMPORTED)
  target_include_directories(random123::random123 SYSTEM INTERFACE ${Random123_INCLUDE_DIR})
endif()
mark_as_advanced(Random123_INCLUDE_DIR)
