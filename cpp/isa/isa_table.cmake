# The one place that knows compiler flags. A row: ISA, architecture, flags for GCC and Clang, flags for MSVC.
# A kernel file is named after its ISA (cpp/kernels/<family>/<isa>.cc) and only it is built with that ISA's flags:
# everything else is built for the baseline, so that importing never runs an instruction the CPU may lack.
include(CheckCXXCompilerFlag)

set(FOURFOLD_AVX2_FLAGS -mavx2 -mfma)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Redundancy elimination across iterations gives every accumulator a second register and a copy: GCC 12 then spills,
  # which costs gemm_s8 on AVX2 a third of its speed (measured).
  list(APPEND FOURFOLD_AVX2_FLAGS -fno-tree-pre)
endif()
set(FOURFOLD_AVX512_FLAGS ${FOURFOLD_AVX2_FLAGS} -mavx512f -mavx512bw -mavx512dq -mavx512vl)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12's own AVX-512 header warns: _mm512_undefined_epi32 is written `__Y = __Y` (GCC bug 105593).
  list(APPEND FOURFOLD_AVX512_FLAGS -Wno-uninitialized -Wno-maybe-uninitialized)
endif()

set(FOURFOLD_NEON_FLAGS "")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Scheduling before register allocation moves loads up until GCC 12 spills: up to 8 loads and stores in the inner loops
  # of gemm_s8 and gemm_f32 that nothing needs (counted in the assembly; Clang has none).
  list(APPEND FOURFOLD_NEON_FLAGS -fno-schedule-insns)
endif()

set(FOURFOLD_ISAS scalar avx2 avxvnni avx512vnni amx neon neondot i8mm)
set(FOURFOLD_ARCH_scalar "any")
set(FOURFOLD_ARCH_avx2 "x86_64")
set(FOURFOLD_ARCH_avxvnni "x86_64")
set(FOURFOLD_ARCH_avx512vnni "x86_64")
set(FOURFOLD_ARCH_amx "x86_64")
set(FOURFOLD_ARCH_neon "aarch64")
set(FOURFOLD_ARCH_neondot "aarch64")
set(FOURFOLD_ARCH_i8mm "aarch64")

if(MSVC)
  set(FOURFOLD_FLAGS_avx2 /arch:AVX2)
  set(FOURFOLD_FLAGS_avxvnni /arch:AVX2)
  set(FOURFOLD_FLAGS_avx512vnni /arch:AVX512)
  set(FOURFOLD_FLAGS_amx /arch:AVX512)
else()
  set(FOURFOLD_FLAGS_avx2 ${FOURFOLD_AVX2_FLAGS})
  set(FOURFOLD_FLAGS_avxvnni ${FOURFOLD_AVX2_FLAGS} -mavxvnni)
  set(FOURFOLD_FLAGS_avx512vnni ${FOURFOLD_AVX512_FLAGS} -mavx512vnni -mprefer-vector-width=512)
  set(FOURFOLD_FLAGS_amx -mamx-tile -mamx-int8)
  set(FOURFOLD_FLAGS_neon ${FOURFOLD_NEON_FLAGS})
  set(FOURFOLD_FLAGS_neondot ${FOURFOLD_NEON_FLAGS} -march=armv8.2-a+dotprod)
  set(FOURFOLD_FLAGS_i8mm ${FOURFOLD_NEON_FLAGS} -march=armv8.2-a+dotprod+i8mm)
  # Zig refuses -march and takes these. Tried second.
  set(FOURFOLD_ZIG_FLAGS_neondot -mcpu=generic+dotprod)
  set(FOURFOLD_ZIG_FLAGS_i8mm -mcpu=generic+dotprod+i8mm)
endif()

string(TOLOWER "${CMAKE_SYSTEM_PROCESSOR}" FOURFOLD_PROCESSOR)
if(CMAKE_OSX_ARCHITECTURES)
  string(TOLOWER "${CMAKE_OSX_ARCHITECTURES}" FOURFOLD_PROCESSOR)
endif()
if(FOURFOLD_PROCESSOR MATCHES "^(x86_64|amd64)$")
  set(FOURFOLD_ARCH "x86_64")
elseif(FOURFOLD_PROCESSOR MATCHES "^(aarch64|arm64)$")
  set(FOURFOLD_ARCH "aarch64")
else()
  set(FOURFOLD_ARCH "other")
endif()

# FOURFOLD_HAS_<isa> is 1 where this compiler can build the ISA for this target.
foreach(isa IN LISTS FOURFOLD_ISAS)
  set(has 0)
  if(FOURFOLD_ARCH_${isa} STREQUAL "any")
    set(has 1)
  elseif(FOURFOLD_ARCH_${isa} STREQUAL FOURFOLD_ARCH)
    list(JOIN FOURFOLD_FLAGS_${isa} " " flags)
    if(MSVC OR flags STREQUAL "")
      set(has 1)
    else()
      check_cxx_compiler_flag("${flags}" FOURFOLD_COMPILES_${isa})
      if(FOURFOLD_COMPILES_${isa})
        set(has 1)
      elseif(DEFINED FOURFOLD_ZIG_FLAGS_${isa})
        check_cxx_compiler_flag("${FOURFOLD_ZIG_FLAGS_${isa}}" FOURFOLD_ZIG_COMPILES_${isa})
        if(FOURFOLD_ZIG_COMPILES_${isa})
          set(FOURFOLD_FLAGS_${isa} ${FOURFOLD_ZIG_FLAGS_${isa}})
          set(has 1)
        endif()
      endif()
    endif()
  endif()
  set(FOURFOLD_HAS_${isa} ${has})
endforeach()

# Adds <folder>/<isa>.cc, built with that ISA's flags, for every ISA named that this build has.
function(fourfold_add_isa_sources target folder)
  foreach(isa IN LISTS ARGN)
    if(FOURFOLD_HAS_${isa})
      target_sources(${target} PRIVATE ${folder}/${isa}.cc)
      set_source_files_properties(${folder}/${isa}.cc PROPERTIES COMPILE_OPTIONS "${FOURFOLD_FLAGS_${isa}}")
    endif()
  endforeach()
endfunction()

# Adds cpp/kernels/<family>/<isa>.cc for every ISA named that this build has.
function(fourfold_add_kernel_family family)
  fourfold_add_isa_sources(fourfold_kernels ${PROJECT_SOURCE_DIR}/cpp/kernels/${family} ${ARGN})
  set_property(GLOBAL APPEND PROPERTY FOURFOLD_NAMED_ISAS ${ARGN})
endfunction()

# Writes isa/built_isas.h. After all families: an ISA counts as built if a kernel is built for it.
function(fourfold_write_built_isas)
  get_property(named GLOBAL PROPERTY FOURFOLD_NAMED_ISAS)
  foreach(isa IN LISTS FOURFOLD_ISAS)
    string(TOUPPER "${isa}" upper)
    if(FOURFOLD_HAS_${isa} AND isa IN_LIST named)
      string(APPEND FOURFOLD_ISA_MACROS "#define FOURFOLD_IF_${upper}(...) __VA_ARGS__\n")
    else()
      string(APPEND FOURFOLD_ISA_MACROS "#define FOURFOLD_IF_${upper}(...)\n")
    endif()
  endforeach()
  configure_file(${PROJECT_SOURCE_DIR}/cpp/isa/built_isas.h.in
                 ${PROJECT_BINARY_DIR}/generated/isa/built_isas.h @ONLY)
endfunction()

function(fourfold_common_options target)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/cpp ${PROJECT_BINARY_DIR}/generated)
  if(MSVC)
    target_compile_options(${target} PRIVATE /W3 /fp:precise $<$<BOOL:${FOURFOLD_WERROR}>:/WX>)
  else()
    # No contraction: a*b+c is an fma only where the source says fma, so that every compiler gives the same bits.
    target_compile_options(${target} PRIVATE
      -ffp-contract=off -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion
      $<$<BOOL:${FOURFOLD_WERROR}>:-Werror>)
  endif()
endfunction()
