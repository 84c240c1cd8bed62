// SPDX-License-Identifier: MIT
#include "tally/run/launcher.hpp"

#include <map>

#include <gtest/gtest.h>

namespace tally {
namespace {

Launcher launcher_in(const std::map<std::string, std::string>& variables) {
  return launcher([&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

TEST(Launchers, AreNoneInAnEmptyEnvironment) {
  const Launcher found = launcher_in({});
  EXPECT_EQ(found.kind, Launcher::Kind::kNone);
  EXPECT_EQ(found.processes, 1);
  EXPECT_EQ(found.allocated_tasks, 1);
  EXPECT_FALSE(found.oversubscribes);
  EXPECT_TRUE(found.spins);
}

TEST(Launchers, AreToldApartByTheirVariables) {
  EXPECT_EQ(launcher_in({{"OMPI_COMM_WORLD_SIZE", "4"}}).kind, Launcher::Kind::kMpirun);
  EXPECT_EQ(launcher_in({{"PMI_SIZE", "3"}}).kind, Launcher::Kind::kMpiexec);
  EXPECT_EQ(launcher_in({{"SLURM_STEP_NUM_TASKS", "2"}}).kind, Launcher::Kind::kSrun);
  EXPECT_EQ(launcher_in({{"SLURM_STEP_NUM_TASKS", "2"}}).processes, 2);
}

TEST(Launchers, OfOneAnotherAreTheInnermost) {
  const Launcher mpirun_in_srun = launcher_in(
      {{"OMPI_COMM_WORLD_SIZE", "1"}, {"SLURM_STEP_NUM_TASKS", "4"}, {"SLURM_NTASKS", "4"}});
  EXPECT_EQ(mpirun_in_srun.kind, Launcher::Kind::kMpirun);
  EXPECT_EQ(mpirun_in_srun.processes, 1);
  EXPECT_EQ(mpirun_in_srun.allocated_tasks, 1);
  const Launcher srun_by_pmi = launcher_in({{"PMI_SIZE", "4"}, {"SLURM_STEP_NUM_TASKS", "4"}});
  EXPECT_EQ(srun_by_pmi.kind, Launcher::Kind::kSrun);
  const Launcher mpiexec = launcher_in({{"PMI_SIZE", "8"}, {"SLURM_STEP_NUM_TASKS", "2"}});
  EXPECT_EQ(mpiexec.kind, Launcher::Kind::kMpiexec);
  EXPECT_EQ(mpiexec.processes, 8);
}

TEST(Launchers, AreMissingInABatchScriptOfSeveralTasks) {
  const Launcher found = launcher_in({{"SLURM_NTASKS", "4"}, {"SLURM_PROCID", "0"}});
  EXPECT_EQ(found.kind, Launcher::Kind::kNone);
  EXPECT_EQ(found.processes, 1);
  EXPECT_EQ(found.allocated_tasks, 4);
}

TEST(Launchers, SayHowRanksShareCores) {
  EXPECT_TRUE(launcher_in({{"OMPI_MCA_mpi_oversubscribe", "1"}}).oversubscribes);
  EXPECT_FALSE(launcher_in({{"OMPI_MCA_mpi_oversubscribe", "0"}}).oversubscribes);
  EXPECT_TRUE(
      launcher_in({{"OMPI_COMM_WORLD_SIZE", "4"}, {"OMPI_UNIVERSE_SIZE", "2"}}).oversubscribes);
  EXPECT_FALSE(
      launcher_in({{"OMPI_COMM_WORLD_SIZE", "2"}, {"OMPI_UNIVERSE_SIZE", "2"}}).oversubscribes);
  EXPECT_FALSE(launcher_in({{"OMP_WAIT_POLICY", "passive"}}).spins);
  EXPECT_TRUE(launcher_in({{"OMP_WAIT_POLICY", "active"}}).spins);
  const Launcher slurm = launcher_in({{"SLURM_CPUS_PER_TASK", "4"}, {"SLURM_CPUS_ON_NODE", "8"}});
  EXPECT_EQ(slurm.cores_per_task, 4);
  EXPECT_EQ(slurm.cores_on_host, 8);
}

TEST(Launchers, ThatTellNoRanksAreNamedByTheFirstProcess) {
  const auto remedy_in = [](const std::map<std::string, std::string>& variables) {
    return remedy_for_srun([&](const char* name) {
      const auto found = variables.find(name);
      return found == variables.end() ? nullptr : found->second.c_str();
    });
  };
  const std::map<std::string, std::string> first = {
      {"SLURM_STEP_NUM_TASKS", "2"}, {"SLURM_STEP_ID", "0"}, {"SLURM_PROCID", "0"}};
  const auto with = [&](const std::string& name, const std::string& value) {
    auto variables = first;
    variables[name] = value;
    return variables;
  };
  EXPECT_EQ(remedy_in(first),
            "srun has not told the ranks of each other, so Open MPI may not start; use srun "
            "--mpi=pmix (srun --mpi=list must name it), or mpirun");
  EXPECT_EQ(remedy_in(with("SLURM_PROCID", "1")), "");
  EXPECT_EQ(remedy_in(with("PMIX_RANK", "0")), "");
  EXPECT_EQ(remedy_in(with("PMI_RANK", "0")), "");
  EXPECT_EQ(remedy_in(with("OMPI_COMM_WORLD_SIZE", "2")), "");
  EXPECT_EQ(remedy_in({}), "");
}

TEST(Launchers, AreNotConfusedByVariablesThatAreNoNumbers) {
  EXPECT_EQ(launcher_in({{"SLURM_STEP_NUM_TASKS", "many"}}).processes, 1);
}

}  // namespace
}  // namespace tally
