using Akka.Mqtt.StorageBenchmarks;
using Xunit.Abstractions;

namespace Akka.Mqtt.Storage.Tests;

/// <summary>A few rounds of the crash test; its own command runs thousands: see CONTRIBUTING.md.</summary>
public sealed class CrashSpec(ITestOutputHelper output)
{
    [Fact]
    public async Task What_was_acknowledged_is_there_after_a_kill()
    {
        await using var host = new SqliteHost();
        await new CrashTest(host.Directory, output.WriteLine).Run(1, 6);
        Assert.Equal(0, host.Scalar("SELECT count(*) FROM message WHERE refs <> (SELECT count(*) FROM delivery WHERE message = message.id)"));
    }
}
