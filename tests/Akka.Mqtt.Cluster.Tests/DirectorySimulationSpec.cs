namespace Akka.Mqtt.Cluster.Tests;

/// <summary>Random schedules of the directory; <c>tests/Akka.Mqtt.Soak directory</c> runs many more.</summary>
public sealed class DirectorySimulationSpec
{
    [Theory]
    [InlineData(1096)]
    [InlineData(1970)]
    public void A_late_message_of_an_earlier_term_leaves_no_node_waiting(int seed) => DirectorySimulation.Run(seed, hasMessages: false);

    [Theory]
    [InlineData(465)]
    [InlineData(733)]
    [InlineData(1043)]
    public void A_node_that_joins_when_a_move_ends_and_knows_only_the_old_place_loses_no_message(int seed) => DirectorySimulation.Run(seed);

    [Theory]
    [InlineData(11745)]
    public void A_report_that_is_repeated_late_gives_no_session_a_second_owner(int seed) => DirectorySimulation.Run(seed);

    [Theory]
    [InlineData(5764)]
    [InlineData(8733)]
    [InlineData(27469)]
    public void A_session_whose_old_place_was_lost_before_it_came_gets_no_message_twice(int seed) => DirectorySimulation.Run(seed);

    [Fact]
    public void No_client_identifier_has_two_owners_and_no_session_is_lost_by_a_move()
    {
        var (moves, opened) = (0, 0);
        for (var seed = 1; seed <= 100; seed++)
        {
            try
            {
                var run = DirectorySimulation.Run(seed);
                (moves, opened) = (moves + run.Moves, opened + run.Opened);
            }
            catch (InvalidOperationException error)
            {
                Assert.Fail($"Seed {seed}: {error.Message}");
            }
        }
        Assert.True(moves > 3000 && opened > moves, $"{moves} moves, {opened} opened: the schedules do too little");
    }
}
