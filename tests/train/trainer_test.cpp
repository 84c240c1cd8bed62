// SPDX-License-Identifier: MIT
#include "tally/train/trainer.hpp"

#include <atomic>
#include <limits>
#include <numeric>

#include <gtest/gtest.h>

#include "small_dataset.hpp"
#include "tally/nn/pixels.hpp"
#include "tally/nn/workspace.hpp"
#include "tally/train/step_flags.hpp"

namespace tally {
namespace {

constexpr std::int64_t kSamples = SmallDataset::kTrain;

struct Recipe {
  std::int64_t batch_size;
  std::int64_t micro_batch;
  SampleOrder order;
};

// The training step written as it is defined, on one process and with no tricks.
class ReferenceTrainer {
 public:
  ReferenceTrainer(const Network& network, const Loss& loss, const Recipe& recipe, const Sgd& sgd)
      : network_(network),
        loss_(loss),
        sgd_(sgd),
        plan_({kSamples, recipe.batch_size, recipe.micro_batch, recipe.order, 7}),
        places_(plan_.deal()),
        workspace_(network, recipe.micro_batch) {}

  // Returns the loss, summed over the samples.
  double step(std::int64_t epoch, std::int64_t step, float rate, AlignedVector& parameters,
              AlignedVector& velocity) {
    loss_sum_ = 0;
    std::vector<AlignedVector> level;
    std::int64_t samples = 0;
    for (std::int64_t shard = 0; shard < plan_.shards(); ++shard) {
      const auto ids = ids_of(epoch, step, shard);
      if (ids.empty()) continue;
      samples += static_cast<std::int64_t>(ids.size());
      level.push_back(leaf(ids, parameters));
    }
    while (level.size() > 1) {
      std::vector<AlignedVector> next;
      for (std::size_t i = 0; i + 1 < level.size(); i += 2) {
        next.push_back(level[i]);
        for (std::size_t j = 0; j < next.back().size(); ++j) next.back()[j] += level[i + 1][j];
      }
      if (level.size() % 2 == 1) next.push_back(level.back());
      level = next;
    }
    for (const ParameterBlock& block : network_.layout().blocks()) {
      Sgd sgd = sgd_;
      if (block.shape.kind == "bias" && sgd.decay == DecayKind::kWeights) sgd.weight_decay = 0;
      const auto part = [&](AlignedVector& vector) {
        return std::span(vector).subspan(block.offset, block.room());
      };
      update(sgd, rate, {part(level[0]), samples}, part(velocity), part(parameters));
    }
    return loss_sum_;
  }

 private:
  std::vector<std::int64_t> ids_of(std::int64_t epoch, std::int64_t step,
                                   std::int64_t shard) const {
    std::vector<std::int64_t> base(static_cast<std::size_t>(plan_.shard_size(shard)));
    for (std::size_t id = 0; id < places_.size(); ++id) {
      if (places_[id].shard == shard) base[places_[id].index] = static_cast<std::int64_t>(id);
    }
    std::vector<std::uint32_t> order(base.size());
    plan_.epoch_order(epoch, shard, order);
    std::vector<std::int64_t> ids;
    const Range rows = plan_.rows(step, shard);
    for (std::int64_t row = rows.begin; row < rows.end; ++row) {
      ids.push_back(base[order[static_cast<std::size_t>(row)]]);
    }
    return ids;
  }

  AlignedVector leaf(const std::vector<std::int64_t>& ids, const AlignedVector& parameters) {
    const auto rows = static_cast<Index>(ids.size());
    std::vector<std::uint8_t> pixels, labels;
    for (const std::int64_t id : ids) {
      const auto image = SmallDataset::pixels(id, 0);
      pixels.insert(pixels.end(), image.begin(), image.end());
      labels.push_back(SmallDataset::label(id));
    }
    scale_pixels(pixels, workspace_.inputs(rows).data());
    const ConstMatrixView outputs = network_.forward(parameters.data(), workspace_, {rows});
    std::vector<double> losses(labels.size());
    loss_.gradient(outputs, labels, workspace_.grad_outputs(rows), losses);
    loss_sum_ = std::accumulate(losses.begin(), losses.end(), loss_sum_);
    AlignedVector gradient(parameters.size());
    network_.backward(parameters.data(), workspace_, {rows}, gradient.data());
    return gradient;
  }

  const Network& network_;
  const Loss& loss_;
  Sgd sgd_;
  ShardPlan plan_;
  std::vector<ShardPlan::Place> places_;
  TrainingWorkspace workspace_;
  double loss_sum_ = 0;
};

// Throws where it is asked to, as a rank that runs out of memory would.
class FailingLoss : public SoftmaxCrossEntropy {
 public:
  explicit FailingLoss(bool fails) : fails_(fails) {}
  std::int64_t gradient(ConstMatrixView outputs, std::span<const std::uint8_t> labels,
                        MatrixView grad_outputs, std::span<double> losses) const override {
    if (fails_) throw std::bad_alloc();
    return SoftmaxCrossEntropy::gradient(outputs, labels, grad_outputs, losses);
  }

 private:
  bool fails_;
};

// Counts the gradients that are taken while numbers below 1.2e-38 are zero, and the others.
class LossWithSmallNumbers : public SoftmaxCrossEntropy {
 public:
  std::int64_t gradient(ConstMatrixView outputs, std::span<const std::uint8_t> labels,
                        MatrixView grad_outputs, std::span<double> losses) const override {
    (is_zero(small_) ? with_zeros_ : with_subnormals_) += 1;
    return SoftmaxCrossEntropy::gradient(outputs, labels, grad_outputs, losses);
  }
  int with_zeros() const { return with_zeros_; }
  int with_subnormals() const { return with_subnormals_; }

  static bool is_zero(const volatile float& small) { return small * 0.25F == 0 && small * 4 == 0; }

 private:
  const volatile float small_ = 1e-39F;
  mutable std::atomic<int> with_zeros_ = 0, with_subnormals_ = 0;
};

class TrainerTest : public testing::Test {
 protected:
  RankData scatter(const ShardPlan& plan) {
    DataFingerprint fingerprint = SmallDataset::shape();
    return scatter_dataset(communicator_, dataset_.files(),
                           {kSamples, 0, 9, SmallDataset::kClasses}, plan, fingerprint);
  }

  TrainingState initial_state() const {
    TrainingState state;
    state.layout = network_.layout();
    state.parameters = network_.initial_parameters(Initializer::kUniform, 2);
    state.velocity.assign(state.parameters.size(), 0);
    return state;
  }

  static TrainerOptions options(ReductionKind reduction = ReductionKind::kTree) {
    TrainerOptions options;
    options.sgd = {0.9, false, 1e-3};
    options.schedule.peak = 0.125;
    options.reduction = reduction;
    return options;
  }

  static void close_epoch_if_done(const ShardPlan& plan, Progress& progress) {
    if (progress.epoch_step < plan.steps_per_epoch()) return;
    progress.epoch += 1;
    progress.epoch_step = 0;
  }

  Communicator communicator_;
  SmallDataset dataset_{communicator_};
  Network network_{"dense:9,tanh,dense:4", SmallDataset::kPixels};
  SoftmaxCrossEntropy loss_;
  Heartbeat heartbeat_;
};

TEST_F(TrainerTest, HasTheBitsOfItsDefinitionForAnyRanksAndThreads) {
  for (const Recipe& recipe :
       {Recipe{28, 4, SampleOrder::kShuffled}, Recipe{24, 8, SampleOrder::kSequential},
        Recipe{512, 32, SampleOrder::kShuffled}, Recipe{5, 5, SampleOrder::kSequential}}) {
    const ShardPlan plan({kSamples, recipe.batch_size, recipe.micro_batch, recipe.order, 7});
    for (int threads = 1; threads <= 3; ++threads) {
      const ThreadTeam team(threads);
      RankData data = scatter(plan);
      TrainingState state = initial_state();
      TrainerOptions with = options();
      with.sgd.decay = threads == 2 ? DecayKind::kAll : DecayKind::kWeights;
      Trainer trainer({communicator_, team, network_, loss_, plan, data.train, heartbeat_}, with,
                      state);
      ReferenceTrainer reference(network_, loss_, recipe, with.sgd);
      AlignedVector parameters = state.parameters;
      AlignedVector velocity = state.velocity;
      const std::int64_t steps = std::min<std::int64_t>(2 * plan.steps_per_epoch(), 30);
      for (std::int64_t step = 0; step < steps; ++step) {
        const StepResult result = trainer.step(state.progress, 0);
        EXPECT_EQ(result.samples, plan.step_samples(step % plan.steps_per_epoch()));
        reference.step(step / plan.steps_per_epoch(), step % plan.steps_per_epoch(), 0.125F,
                       parameters, velocity);
        trainer.store(state);
        ASSERT_EQ(state.parameters, parameters) << "step " << step << ", threads " << threads;
        ASSERT_EQ(state.velocity, velocity);
        close_epoch_if_done(plan, state.progress);
      }
    }
  }
}

TEST_F(TrainerTest, ShowsWhereItIs) {
  const ShardPlan plan({kSamples, 28, 4, SampleOrder::kShuffled, 7});
  const ThreadTeam team(2);
  RankData data = scatter(plan);
  TrainingState state = initial_state();
  Heartbeat heartbeat;
  Trainer trainer({communicator_, team, network_, loss_, plan, data.train, heartbeat}, options(),
                  state);
  for (int step = 1; step <= 3; ++step) {
    const std::uint64_t beats = heartbeat.beats();
    trainer.step(state.progress, 0);
    EXPECT_GT(heartbeat.beats(), beats);
    EXPECT_EQ(heartbeat.step(), step);
  }
}

TEST_F(TrainerTest, CountsLossAndAnswersOverAllRanks) {
  const ShardPlan plan({kSamples, 1024, 32, SampleOrder::kShuffled, 7});
  const ThreadTeam team(2);
  RankData data = scatter(plan);
  TrainingState state = initial_state();
  Trainer trainer({communicator_, team, network_, loss_, plan, data.train, heartbeat_}, options(),
                  state);

  // The whole set in one step, against one pass over it.
  std::vector<std::uint8_t> pixels, labels;
  for (std::int64_t i = 0; i < kSamples; ++i) {
    const auto image = SmallDataset::pixels(i, 0);
    pixels.insert(pixels.end(), image.begin(), image.end());
    labels.push_back(SmallDataset::label(i));
  }
  const ThreadTeam one(1);
  ChunkFigures expected =
      Evaluator(network_, loss_, one).evaluate(state.parameters.data(), {pixels, labels});
  const StepResult result = trainer.step(state.progress, 0);
  EXPECT_EQ(result.samples, kSamples);
  EXPECT_EQ(result.correct, expected.confusion.correct());
  EXPECT_NEAR(result.loss_sum / kSamples, summarize(expected.losses, kSamples, result.correct).loss,
              1e-5);
  EXPECT_EQ(state.progress.step, 1);
  EXPECT_EQ(state.progress.samples, kSamples);
  EXPECT_EQ(state.progress.epoch_correct, result.correct);
}

TEST_F(TrainerTest, ReportsWhatEachRankUsed) {
  const ShardPlan plan({kSamples, 28, 4, SampleOrder::kShuffled, 7});
  const ThreadTeam team(2);
  RankData data = scatter(plan);
  TrainingState state = initial_state();
  Trainer trainer({communicator_, team, network_, loss_, plan, data.train, heartbeat_}, options(),
                  state);
  std::vector<std::int64_t> ids;
  for (std::int64_t step = 0; step < plan.steps_per_epoch(); ++step) {
    trainer.step(state.progress, 0);
    std::vector<std::int64_t> own;
    for (const UsedSample& used : trainer.used_samples()) own.push_back(used.id);
    const auto all = communicator_.gather_all(own);
    EXPECT_EQ(static_cast<std::int64_t>(all.size()), plan.step_samples(step));
    ids.insert(ids.end(), all.begin(), all.end());
  }
  std::ranges::sort(ids);
  ASSERT_EQ(static_cast<std::int64_t>(ids.size()), kSamples);
  for (std::int64_t i = 0; i < kSamples; ++i) EXPECT_EQ(ids[static_cast<std::size_t>(i)], i);
}

TEST_F(TrainerTest, FlagsOfOneRankReachAll) {
  const ShardPlan plan({kSamples, 28, 4, SampleOrder::kShuffled, 7});
  const ThreadTeam team(1);
  RankData data = scatter(plan);
  TrainingState state = initial_state();
  Trainer trainer({communicator_, team, network_, loss_, plan, data.train, heartbeat_}, options(),
                  state);
  const bool is_last = communicator_.rank() == communicator_.size() - 1;
  EXPECT_EQ(trainer.step(state.progress, is_last ? kStopForUsr2 : 0U).flags, kStopForUsr2);
  EXPECT_EQ(trainer.step(state.progress, 0).flags, 0U);
}

TEST_F(TrainerTest, AnExceptionOnOneRankEndsAll) {
  const ShardPlan plan({kSamples, 28, 4, SampleOrder::kShuffled, 7});
  const ThreadTeam team(2);
  RankData data = scatter(plan);
  const FailingLoss loss(communicator_.rank() == communicator_.size() - 1);
  TrainingState state = initial_state();
  Trainer trainer({communicator_, team, network_, loss, plan, data.train, heartbeat_}, options(),
                  state);
  try {
    trainer.step(state.progress, 0);
    FAIL() << "nothing was thrown";
  } catch (const AgreedError& error) {
    EXPECT_THAT(error.what(), testing::MatchesRegex("rank [0-9]+ on host [^ ]+: step 0, forward: "
                                                    "out of memory"));
  }
  EXPECT_EQ(state.progress.step, 0);
}

// Momentum at batch size 1 is ten times slower otherwise.
TEST_F(TrainerTest, StepsTakeSubnormalNumbersForZeroOnEveryThread) {
#ifndef __SSE__
  GTEST_SKIP() << "only processors of the x86 family are told to";
#endif
  for (const std::int64_t batch_size : {std::int64_t{28}, std::int64_t{1}}) {
    const std::int64_t micro_batch = batch_size == 1 ? 1 : 4;
    const ShardPlan plan({kSamples, batch_size, micro_batch, SampleOrder::kShuffled, 7});
    const ThreadTeam team(2);
    RankData data = scatter(plan);
    const LossWithSmallNumbers loss;
    TrainingState state = initial_state();
    Trainer trainer({communicator_, team, network_, loss, plan, data.train, heartbeat_}, options(),
                    state);
    trainer.step(state.progress, 0);
    EXPECT_EQ(communicator_.sum(loss.with_zeros()), batch_size / micro_batch);
    EXPECT_EQ(loss.with_subnormals(), 0);
    const float small = 1e-39F;
    EXPECT_FALSE(LossWithSmallNumbers::is_zero(small)) << "after the step";
  }
}

TEST_F(TrainerTest, AGradientThatIsNotFiniteNamesLayerStepAndSamples) {
  const ShardPlan plan({kSamples, 28, 4, SampleOrder::kSequential, 7});
  const ThreadTeam team(2);
  RankData data = scatter(plan);
  TrainingState state = initial_state();
  Trainer trainer({communicator_, team, network_, loss_, plan, data.train, heartbeat_}, options(),
                  state);
  trainer.step(state.progress, 0);
  // The bias of the last layer: all losses of the step are spoiled.
  trainer.store(state);
  state.parameters[network_.layout().blocks()[3].offset] = std::numeric_limits<float>::infinity();
  Trainer spoiled({communicator_, team, network_, loss_, plan, data.train, heartbeat_}, options(),
                  state);
  try {
    spoiled.step(state.progress, 0);
    FAIL() << "nothing was thrown";
  } catch (const AgreedError& error) {
    EXPECT_STREQ(error.what(),
                 "step 2: the gradient of 0-dense/weight is not finite; neither is the loss of 28 "
                 "of 28 samples: 28, 29, 30, 31, 32, ...; start another run with a lower "
                 "--learning-rate than 0.125");
  }
  EXPECT_EQ(state.progress.step, 1);
}

// Measures what comes in, as batch normalization does, and changes nothing.
class MeasuringLayer : public Layer {
 public:
  explicit MeasuringLayer(Index width) : Layer(flat(width), flat(width)) {}
  [[nodiscard]] std::vector<ParameterShape> parameter_shapes() const override {
    return {{"mean", Role::kStatistic, 1, input().size()}};
  }
  void forward(const Real* /*parameters*/, ConstMatrixView inputs, MatrixView outputs,
               const Pass& /*pass*/) const override {
    outputs = inputs;
  }
  void backward(const Real* /*parameters*/, const Gradients& gradients,
                const Pass& /*pass*/) const override {
    for (Index j = 0; j < gradients.inputs.cols(); ++j) {
      const Real sum = gradients.inputs.col(j).sum();
      Real& total = gradients.grad_parameters[j];
      total = gradients.into == Into::kAdd ? total + sum : sum;
    }
    if (gradients.grad_inputs != nullptr) *gradients.grad_inputs = gradients.grad_outputs;
  }
};

TEST_F(TrainerTest, StatisticsAreMeansOverAllSamplesOfTheStepAndDoNotDecay) {
  std::vector<NamedLayer> layers;
  layers.push_back({"0-measuring", 0, std::make_unique<MeasuringLayer>(SmallDataset::kPixels)});
  layers.push_back(
      {"1-dense", 1, DenseSpec{SmallDataset::kClasses}.make_layer(flat(SmallDataset::kPixels))});
  const Network network(std::move(layers));
  const ShardPlan plan({kSamples, 1024, 32, SampleOrder::kShuffled, 7});  // all in one step
  const ThreadTeam team(2);
  RankData data = scatter(plan);
  TrainingState state;
  state.layout = network.layout();
  state.parameters.assign(network.layout().size(), 0);
  state.velocity = state.parameters;
  state.layout.blocks()[0].put(std::vector<Real>(SmallDataset::kPixels, 0.5F), state.parameters);
  Trainer trainer({communicator_, team, network, loss_, plan, data.train, heartbeat_}, options(),
                  state);
  trainer.step(state.progress, 0);
  trainer.store(state);
  for (std::int64_t j = 0; j < SmallDataset::kPixels; ++j) {
    double mean = 0;
    for (std::int64_t i = 0; i < kSamples; ++i) mean += SmallDataset::pixel(i, j, 0) / 255.0;
    mean /= kSamples;
    const auto at = static_cast<std::size_t>(j);
    EXPECT_NEAR(state.parameters[at], 0.5 + 0.1 * (mean - 0.5), 1e-6) << j;
    EXPECT_EQ(state.velocity[at], 0);
  }
  EXPECT_NE(state.velocity[state.layout.blocks()[1].offset], 0);
}

// Epochs are short here: copies are made, used again and, in the second phase, made anew.
TEST_F(TrainerTest, AugmentedCopiesAreLearntAlikeOnAnyRanks) {
  AugmentationRecipe recipe;
  recipe.distortions.add(Distortion::kStroke);
  recipe.strength = {{{1, 0.5}, {0.5, 1}}};
  recipe.epochs = 10;
  recipe.size = {1, SmallDataset::kPixels, 1};
  for (const std::int64_t micro_batch : {std::int64_t{4}, std::int64_t{1}}) {
    const std::int64_t batch_size = micro_batch == 1 ? 1 : 28;
    const ShardPlan plan({kSamples, batch_size, micro_batch, SampleOrder::kShuffled, 7});
    const auto trained = [&](int threads, std::int64_t copies, bool is_augmented = true) {
      const ThreadTeam team(threads);
      RankData data = scatter(plan);
      TrainingState state = initial_state();
      recipe.copies.value = copies;
      SampleCopies made(recipe, data.train);
      Trainer trainer({communicator_, team, network_, loss_, plan, data.train, heartbeat_,
                       is_augmented ? &made : nullptr},
                      options(), state);
      while (state.progress.epoch < recipe.epochs) {
        trainer.step(state.progress, 0);
        close_epoch_if_done(plan, state.progress);
      }
      trainer.store(state);
      return state.parameters;
    };
    const AlignedVector fresh = trained(1, 0);
    EXPECT_EQ(trained(3, 0), fresh);
    EXPECT_EQ(trained(3, 2), trained(1, 2));
    EXPECT_NE(trained(1, 2), fresh);
    EXPECT_NE(trained(1, 1), trained(1, 2));
    // As many kept copies as a phase has epochs are the fresh ones.
    EXPECT_EQ(trained(2, 5), fresh);
    EXPECT_NE(trained(1, 0, false), fresh);
  }
}

// Steps on one to four samples, row by row, on hosts of every size.
class RowStepTest : public TrainerTest {
 protected:
  struct Run {
    AlignedVector parameters, velocity;
    double loss = 0;
  };

  Run train(const Communicator& communicator, const Sgd& sgd, const Loss& loss,
            std::int64_t batch_size, std::int64_t steps = 500) {
    const ShardPlan plan({kSamples, batch_size, batch_size, SampleOrder::kShuffled, 7});
    const ThreadTeam team(2);
    RankData data = scatter(plan);
    TrainingState state = initial_state();
    TrainerOptions trainer_options = options();
    trainer_options.sgd = sgd;
    trainer_options.schedule.peak = 0.02;
    Trainer trainer({communicator, team, network_, loss, plan, data.train, heartbeat_},
                    trainer_options, state);
    EXPECT_EQ(trainer.backend(), kRowBackend);
    Run run;
    for (std::int64_t step = 0; step < steps; ++step) {
      run.loss += trainer.step(state.progress, 0).loss_sum;
      close_epoch_if_done(plan, state.progress);
    }
    trainer.synchronize();
    trainer.store(state);
    run.parameters = state.parameters;
    run.velocity = state.velocity;
    return run;
  }

  // By products of matrices, on one process.
  Run train_by_definition(const Sgd& sgd, const Loss& loss, std::int64_t batch_size,
                          std::int64_t steps = 500) {
    const Recipe recipe{batch_size, batch_size, SampleOrder::kShuffled};
    ReferenceTrainer reference(network_, loss, recipe, sgd);
    const std::int64_t per_epoch = (kSamples + batch_size - 1) / batch_size;
    Run run;
    run.parameters = initial_state().parameters;
    run.velocity = initial_state().velocity;
    for (std::int64_t step = 0; step < steps; ++step) {
      run.loss +=
          reference.step(step / per_epoch, step % per_epoch, 0.02F, run.parameters, run.velocity);
    }
    return run;
  }

  static double difference(const AlignedVector& a, const AlignedVector& b) {
    double squares = 0, size = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      squares += std::pow(static_cast<double>(a[i]) - b[i], 2);
      size += std::pow(static_cast<double>(b[i]), 2);
    }
    return std::sqrt(squares / size);
  }
};

TEST_F(RowStepTest, AgreesWithProductsAfter500Steps) {
  const SoftmaxCrossEntropy cross_entropy;
  const MeanSquaredError squared;
  for (const Loss* loss : std::initializer_list<const Loss*>{&cross_entropy, &squared}) {
    for (const std::int64_t batch_size : {1, 2, 4}) {
      for (const Sgd& sgd : {Sgd{0, false, 0}, Sgd{0.9, false, 0}, Sgd{0.9, true, 1e-3},
                             Sgd{0, false, 1e-3}, Sgd{0.9, false, 1e-2, DecayKind::kAll}}) {
        if (!takes_small_batch_steps(
                network_, sgd,
                ShardPlan({kSamples, batch_size, batch_size, SampleOrder::kShuffled, 7}))) {
          EXPECT_EQ(batch_size, 4);
          EXPECT_TRUE(sgd.momentum > 0 || sgd.weight_decay > 0);
          continue;
        }
        const Run rows = train(communicator_, sgd, *loss, batch_size);
        const Run products = train_by_definition(sgd, *loss, batch_size);
        EXPECT_LT(difference(rows.parameters, products.parameters), 1e-5)
            << "batch " << batch_size << ", momentum " << sgd.momentum;
        EXPECT_NEAR(rows.loss, products.loss, 1e-4 * products.loss);
        if (sgd.momentum > 0) {
          EXPECT_LT(difference(rows.velocity, products.velocity), 1e-4);
        }
      }
    }
  }
}

TEST_F(RowStepTest, HasTheSameBitsOnHostsOfAnySize) {
  const Run expected = train(communicator_, {0.9, false, 1e-3}, loss_, 2, 40);
  using Hosts = std::vector<int>;
  for (const Hosts& hosts : {Hosts{0, 1, 2, 3}, Hosts{0, 0, 1, 1}, Hosts{0, 0, 0, 1}}) {
    const Communicator pretended(hosts);
    const Run run = train(pretended, {0.9, false, 1e-3}, loss_, 2, 40);
    EXPECT_EQ(run.parameters, expected.parameters) << testing::PrintToString(hosts);
    EXPECT_EQ(run.velocity, expected.velocity);
    EXPECT_EQ(run.loss, expected.loss);
  }
}

TEST_F(RowStepTest, AWeightThatIsNotFiniteIsRefusedEvenIfNoStepTouchesIt) {
  const ShardPlan plan({kSamples, 1, 1, SampleOrder::kShuffled, 7});
  const ThreadTeam team(1);
  RankData data = scatter(plan);
  TrainerOptions plain = options();
  plain.sgd = {0, false, 0};
  TrainingState state = initial_state();
  state.parameters[16] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(
      Trainer({communicator_, team, network_, loss_, plan, data.train, heartbeat_}, plain, state),
      AgreedError);
}

TEST_F(RowStepTest, AGradientThatIsNotFiniteEndsAllRanks) {
  const ShardPlan plan({kSamples, 1, 1, SampleOrder::kSequential, 7});
  const ThreadTeam team(2);
  RankData data = scatter(plan);
  TrainerOptions plain = options();
  plain.sgd = {0, false, 0};
  TrainingState state = initial_state();
  // Finite weights of which a few add up to infinity.
  const ParameterBlock& last = network_.layout().blocks()[2];
  last.put(std::vector<float>(last.size(), 3e38F), state.parameters);
  const ParameterBlock& bias = network_.layout().blocks()[1];
  bias.put(std::vector<float>(bias.size(), 10.0F), state.parameters);
  Trainer trainer({communicator_, team, network_, loss_, plan, data.train, heartbeat_}, plain,
                  state);
  try {
    trainer.step(state.progress, 0);
    FAIL() << "nothing was thrown";
  } catch (const AgreedError& error) {
    EXPECT_STREQ(error.what(),
                 "step 1: the gradient of 2-dense/weight is not finite; neither is the loss of 1 "
                 "of 1 sample: 0; start another run with a lower --learning-rate than 0.125");
  }
  EXPECT_EQ(state.progress.step, 0);
}

// An exception where the samples are reaches everybody.
TEST_F(RowStepTest, AnExceptionEndsAllRanks) {
  const ShardPlan plan({kSamples, 1, 1, SampleOrder::kSequential, 7});
  const ThreadTeam team(1);
  for (const std::vector<int>& hosts : {std::vector<int>{}, std::vector{0, 1, 2, 3}}) {
    const Communicator communicator(hosts);
    RankData data = scatter(plan);
    const FailingLoss loss(true);
    TrainerOptions plain = options();
    plain.sgd = {0, false, 0};
    TrainingState state = initial_state();
    Trainer trainer({communicator, team, network_, loss, plan, data.train, heartbeat_}, plain,
                    state);
    EXPECT_THROW(trainer.step(state.progress, 0), AgreedError);
  }
}

}  // namespace
}  // namespace tally
