using Akka.Mqtt.Cluster.Tests;

namespace Akka.Mqtt.Soak.Clusters;

/// <summary>Many schedules of <see cref="DirectorySimulation"/>.</summary>
internal static class DirectoryRun
{
    /// <summary>Runs schedules.</summary>
    /// <param name="schedules">How many.</param>
    /// <param name="seed">The seed of the first; the next has the next.</param>
    /// <returns>0; 1 when some failed, which are printed with their seeds.</returns>
    public static int Run(int schedules, int seed)
    {
        var (moves, opened, received, failed) = (0L, 0L, 0L, 0);
        for (var at = 0; at < schedules; at++)
        {
            try
            {
                var run = DirectorySimulation.Run(seed + at);
                (moves, opened, received) = (moves + run.Moves, opened + run.Opened, received + run.Received);
            }
            catch (InvalidOperationException error)
            {
                Console.WriteLine($"--schedules 1 --seed {seed + at}: {error.Message}");
                failed++;
            }
        }
        Console.WriteLine($"{schedules} schedules, {failed} failed, {opened} clients got their sessions, {moves} sessions moved, {received} messages were received");
        return failed == 0 ? 0 : 1;
    }
}
