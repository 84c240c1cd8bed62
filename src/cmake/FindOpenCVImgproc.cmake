# OpenCV's core and imgproc modules alone: Debian packages them without OpenCV's own CMake files,
# which come only with the whole of OpenCV. Defines opencv::imgproc.
find_path(OpenCVImgproc_INCLUDE_DIR opencv2/imgproc.hpp PATH_SUFFIXES opencv4)
find_library(OpenCVImgproc_CORE_LIBRARY opencv_core)
find_library(OpenCVImgproc_IMGPROC_LIBRARY opencv_imgproc)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenCVImgproc REQUIRED_VARS OpenCVImgproc_INCLUDE_DIR
  OpenCVImgproc_CORE_LIBRARY OpenCVImgproc_IMGPROC_LIBRARY)

if(OpenCVImgproc_FOUND AND NOT TARGET opencv::imgproc)
  add_library(opencv::imgproc INTERFACE IMPORTED)
  target_include_directories(opencv::imgproc SYSTEM INTERFACE ${OpenCVImgproc_INCLUDE_DIR})
  target_link_libraries(opencv::imgproc INTERFACE
    ${OpenCVImgproc_IMGPROC_LIBRARY} ${OpenCVImgproc_CORE_LIBRARY})
endif()
mark_as_advanced(OpenCVImgproc_INCLUDE_DIR OpenCVImgproc_CORE_LIBRARY OpenCVImgproc_IMGPROC_LIBRARY)
