using System.Diagnostics;

namespace Akka.Mqtt.Interop.Tests;

/// <summary>mosquitto_pub and mosquitto_sub against <c>akka-mqtt serve</c>.</summary>
public class MosquittoSpec(ServeFixture serve) : IClassFixture<ServeFixture>
{
    private readonly string _topic = $"t{Guid.NewGuid():N}";

    private string[] To(string version) => ["-h", serve.Tcp.Host, "-p", $"{serve.Tcp.Port}", "-V", version];

    private Task<string> PublishAsync(string version, string topic, string message, int qos, params string[] more) =>
        Tools.RunAsync("mosquitto_pub", [.. To(version), "-t", topic, "-m", message, "-q", $"{qos}", .. more]);

    /// <summary>Starts a subscriber and waits until its subscription stands: a retained message tells it.</summary>
    private async Task<Process> SubscribeAsync(string version, int qos, int count, params string[] more)
    {
        await PublishAsync("311", $"{_topic}/ready", "ready", 0, "-r");
        var process = Tools.Start("mosquitto_sub", [.. To(version), "-t", $"{_topic}/#", "-q", $"{qos}", "-C", $"{count + 1}", "-F", "%t %p %q", .. more]);
        Assert.Equal($"{_topic}/ready ready 0", await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10)));
        return process;
    }

    [MosquittoTheory]
    [InlineData("31", 0)]
    [InlineData("31", 1)]
    [InlineData("31", 2)]
    [InlineData("311", 0)]
    [InlineData("311", 1)]
    [InlineData("311", 2)]
    [InlineData("5", 0)]
    [InlineData("5", 1)]
    [InlineData("5", 2)]
    public async Task Messages_pass_between_all_versions_at_each_QoS(string version, int qos)
    {
        using var subscriber = await SubscribeAsync(version, qos, 3);
        foreach (var from in (string[])["31", "311", "5"])
            await PublishAsync(from, $"{_topic}/a", $"from {from}", qos);
        // Publishers have no order among each other: at QoS 0 one has ended when its message has left, not when the server has it.
        Assert.Equal(
            ((string[])["31", "311", "5"]).Select(from => $"{_topic}/a from {from} {qos}"),
            (await Tools.OutputAsync(subscriber)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }

    [MosquittoTheory]
    [InlineData("31")]
    [InlineData("311")]
    [InlineData("5")]
    public async Task A_retained_message_is_kept_replaced_and_removed(string version)
    {
        await PublishAsync(version, $"{_topic}/r", "1", 1, "-r");
        await PublishAsync(version, $"{_topic}/r", "2", 1, "-r");
        Assert.Equal("2 1\n", await Tools.RunAsync("mosquitto_sub", [.. To(version), "-t", $"{_topic}/r", "-q", "1", "-C", "1", "-F", "%p %r"]));
        await Tools.RunAsync("mosquitto_pub", [.. To(version), "-t", $"{_topic}/r", "-n", "-r", "-q", "1"]); // acknowledged, so that the server has it
        // Another retained message comes alone.
        await PublishAsync(version, $"{_topic}/s", "3", 1, "-r");
        Assert.Equal("3 1\n", await Tools.RunAsync("mosquitto_sub", [.. To(version), "-t", $"{_topic}/+", "-C", "1", "-F", "%p %r"]));
    }

    [MosquittoTheory]
    [InlineData("31")]
    [InlineData("311")]
    [InlineData("5")]
    public async Task The_will_of_a_killed_client_is_published(string version)
    {
        using var watcher = await SubscribeAsync("5", 1, 1);
        await PublishAsync("311", $"{_topic}x", "up", 0, "-r");
        using var mortal = Tools.Start("mosquitto_sub", [.. To(version), "-t", $"{_topic}x", "--will-topic", $"{_topic}/will", "--will-payload", "dead", "--will-qos", "1"]);
        Assert.Equal("up", await mortal.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10)));
        mortal.Kill();
        Assert.Equal($"{_topic}/will dead 1\n", await Tools.OutputAsync(watcher));
    }

    [MosquittoTheory]
    [InlineData("31")]
    [InlineData("311")]
    [InlineData("5")]
    public async Task A_kept_session_has_what_was_published_while_its_client_was_away(string version)
    {
        string[] kept = [.. To(version), "-c", "-i", $"k{_topic[..20]}", "-t", $"{_topic}/#", "-q", "2", .. version == "5" ? (string[])["-x", "3600"] : []];
        await Tools.RunAsync("mosquitto_sub", [.. kept, "-E"]);
        for (var qos = 0; qos <= 2; qos++)
            await PublishAsync(version, $"{_topic}/{qos}", $"m{qos}", qos);
        Assert.Equal("m1 1\nm2 2\n", await Tools.RunAsync("mosquitto_sub", [.. kept, "-C", "2", "-F", "%p %q"]));
    }
}
