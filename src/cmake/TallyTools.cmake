# SPDX-License-Identifier: MIT
# Which tools are built, and the layers that they need: sets tally_tools and tally_layers. What no
# layer and no tool needs is neither looked for nor built.
set(tally_all_tools train evaluate checkpoint predict data status sweep)
set(tally_layers_of_train core augment data nn optim state io parallel train run)
set(tally_layers_of_evaluate core augment data image nn optim state io model)
set(tally_layers_of_checkpoint core augment nn optim state io)
set(tally_layers_of_predict core augment image nn optim state io model)
set(tally_layers_of_data core augment data image nn optim state)
set(tally_layers_of_status core augment nn optim state io)
set(tally_layers_of_sweep core augment nn optim state io)

list(JOIN tally_all_tools "," tally_all_tool_names)
# Not their names: a build folder keeps what it was told, and would not learn of a new tool.
set(TALLY_TOOLS all CACHE STRING
    "Tools to build, or all; train,checkpoint needs no package for images")

string(REPLACE "," ";" tally_tools "${TALLY_TOOLS}")
if(tally_tools STREQUAL "all")
  set(tally_tools ${tally_all_tools})
endif()
list(REMOVE_DUPLICATES tally_tools)
if(NOT tally_tools)
  message(FATAL_ERROR "TALLY_TOOLS: expected all, or some of ${tally_all_tool_names}, got none")
endif()
set(tally_layers)
foreach(tool IN LISTS tally_tools)
  if(NOT tool IN_LIST tally_all_tools)
    message(FATAL_ERROR
      "TALLY_TOOLS=${TALLY_TOOLS}: unknown tool \"${tool}\"; expected all, or some of ${tally_all_tool_names}")
  endif()
  list(APPEND tally_layers ${tally_layers_of_${tool}})
endforeach()
list(REMOVE_DUPLICATES tally_layers)

# For what needs every tool.
list(LENGTH tally_tools chosen)
list(LENGTH tally_all_tools all)
if(chosen EQUAL all)
  set(tally_has_all_tools TRUE)
else()
  set(tally_has_all_tools FALSE)
endif()
if((TALLY_BUILD_FUZZ_TARGETS OR TALLY_BUILD_BENCHMARKS) AND NOT tally_has_all_tools)
  message(FATAL_ERROR "TALLY_BUILD_FUZZ_TARGETS and TALLY_BUILD_BENCHMARKS need all tools, and"
    " TALLY_TOOLS is ${TALLY_TOOLS}")
endif()
