using System.Globalization;
using System.Text;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Tests.Clients;

/// <summary>
/// The examples in the man pages of mosquitto's clients 2.0.11, as they stand there. Only where the server is differs, and a subscriber ends after some messages.
/// mosquitto_sub 2.0.11 itself refuses the example with %@s.
/// </summary>
public sealed class ManPageExamplesSpec
{
    [Theory]
    [InlineData("mosquitto_pub -t sensors/temperature -m 32 -q 1", "", "sensors/temperature 1 0 32\n")]
    [InlineData("mosquitto_pub -h 192.168.1.1 -p 1885 -t sensors/temperature -m \"1266193804 32\"", "", "sensors/temperature 0 0 1266193804 32\n")]
    [InlineData("mosquitto_pub -r -t switches/kitchen_lights/status -m \"on\"", "", "switches/kitchen_lights/status 0 1 on\n")]
    [InlineData("mosquitto_pub -t my/topic -f ./data", "", "my/topic 0 0 two\nlines\n\n")]
    [InlineData("mosquitto_pub -t my/topic -s < ./data", "two\nlines\n", "my/topic 0 0 two\nlines\n\n")]
    [InlineData("read_cc128.pl | mosquitto_pub -t sensors/cc128 -l", "1\n2\n", "sensors/cc128 0 0 1\nsensors/cc128 0 0 2\n")]
    public async Task An_example_of_mosquitto_pub_publishes_what_it_says(string line, string input, string published)
    {
        await using var server = await BenchServer.StartAsync();
        (await ClientResult.RunAsync(server.Url, "pub -r -t ready -m ready -q 1")).Succeeded();
        await using var client = await MqttClient.ConnectAsync($"{server.Url}");
        await using var all = client.SubscribeAsync(new Subscription("#", QualityOfService.ExactlyOnce) { RetainAsPublished = true }).GetAsyncEnumerator();
        Assert.True(await NextAsync()); // the retained message: from now on nothing is missed
        var file = Path.Combine(Directory.CreateTempSubdirectory("akka-mqtt-pub-").FullName, "data");
        await File.WriteAllTextAsync(file, "two\nlines\n");
        var command = line.Split(" | ")[^1].Split(" < ")[0]; // the rest is the shell's
        (await ClientResult.RunAsync(server.Url, [.. Words(command).Select(word => word == "./data" ? file : word)], input)).Succeeded();
        var seen = "";
        while (seen.Length < published.Length && await NextAsync())
            seen += $"{all.Current.Topic} {(int)all.Current.QoS} {(all.Current.Retain ? 1 : 0)} {all.Current.Payload.ToText()}\n";
        Assert.Equal(published, seen);
        Directory.Delete(Path.GetDirectoryName(file)!, true);

        Task<bool> NextAsync() => all.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Theory]
    [InlineData("mosquitto_sub -t sensors/temperature -q 1", "32\n")]
    [InlineData("mosquitto_sub -t sensors/machines/+/temperature/+", "41\n")]
    [InlineData("mosquitto_sub -F '%@s.@N : %r : %q : %m : %l' -q 2 -t '#'", "SECONDS : 1 : 1 : 1 : 2\n")]
    [InlineData("mosquitto_sub -F '@Y-@m-@dT@H:@M:@S@z : %t : %x' -t '#'", "TIME : sensors/machines/one/temperature/sda : 3431\n")]
    [InlineData(@"mosquitto_sub -F '\e[92m%t \e[96m%p\e[0m' -q 2 -t '#'", "\u001b[92msensors/machines/one/temperature/sda \u001b[96m41\u001b[0m\n")]
    public async Task An_example_of_mosquitto_sub_writes_what_it_says(string line, string written)
    {
        await using var server = await BenchServer.StartAsync();
        var temperature = line.Contains("machines", StringComparison.Ordinal) || line.Contains('#') ? "sensors/machines/one/temperature/sda 41" : "sensors/temperature 32";
        (await ClientResult.RunAsync(server.Url, $"pub -r -q 1 -t {temperature.Replace(" ", " -m ", StringComparison.Ordinal)}")).Succeeded();
        var output = (await ClientResult.RunAsync(server.Url, [.. Words(line), "-T", "$SYS/#", "-C", "1"])).Succeeded();
        Assert.Equal(written, Steady(output));
    }

    [Fact]
    public async Task The_example_for_all_status_messages_writes_topics_and_values()
    {
        await using var server = await BenchServer.StartAsync("sys-interval=1s");
        var lines = (await ClientResult.RunAsync(server.Url, [.. Words(@"mosquitto_sub -v -t \$SYS/#"), "-C", "3"])).Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, each => Assert.Matches("^\\$SYS/[^ ]+ .+$", each));
        Assert.Equal(3, lines.Length);
    }

    [Theory]
    [InlineData("mosquitto_sub -t '#' --remove-retained --retained-only", "a\nbbc/bbc1\nbbc/bbc2\n", "")]
    [InlineData("mosquitto_sub -t 'bbc/#' -T bbc/bbc1 --remove-retained", "bbc/bbc2\n", "a\nbbc/bbc1\n")]
    public async Task The_examples_for_retained_messages_remove_those_that_they_name(string line, string removed, string left)
    {
        await using var server = await BenchServer.StartAsync();
        foreach (var topic in (string[])["a", "bbc/bbc1", "bbc/bbc2"])
            (await ClientResult.RunAsync(server.Url, $"pub -r -q 1 -t {topic} -m {topic}")).Succeeded();
        Assert.Equal(removed, Sorted((await ClientResult.RunAsync(server.Url, [.. Words(line), "-C", $"{removed.Count(each => each == '\n')}"])).Succeeded()));
        if (left.Length > 0)
            Assert.Equal(left, Sorted((await ClientResult.RunAsync(server.Url, $"sub -t # --retained-only -C {left.Count(each => each == '\n')}")).Succeeded()));
        var gone = string.Concat(removed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(topic => $"-t {topic} "));
        Assert.Equal("", (await ClientResult.RunAsync(server.Url, $"sub {gone}--retained-only -W 1")).Output);

        static string Sorted(string lines) => string.Concat(lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal).Select(each => $"{each}\n"));
    }

    [Fact]
    public async Task The_example_of_mosquitto_rr_asks_and_writes_the_response()
    {
        await using var server = await BenchServer.StartAsync(packet => packet is Publish request && request.Topic == "request-topic"
            ? new Publish("response-topic", MqttBinary.FromText($"{request.Payload.ToText()}!"))
            : BenchServer.Swallow(packet));
        Assert.Equal(
            "message!\n", (await ClientResult.RunAsync(server.Url, [.. Words("mosquitto_rr -t request-topic -e response-topic -m message")])).Succeeded());
    }

    /// <summary>What depends on the time of the run, by what it must look like.</summary>
    private static string Steady(string output)
    {
        var (first, rest) = (output.Split(" : ")[0], output[output.Split(" : ")[0].Length..]);
        if (DateTimeOffset.TryParseExact(first, "yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
            || (first.Length == 24 && DateTimeOffset.TryParseExact(first.Insert(22, ":"), "yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)))
            return $"TIME{rest}";
        return first.Split('.') is [{ Length: > 9 }, { Length: 9 }] parts && parts.All(part => part.All(char.IsAsciiDigit)) ? $"SECONDS{rest}" : output;
    }

    /// <summary>The words of a command line, as a shell splits it, with our command for theirs.</summary>
    private static IEnumerable<string> Words(string line)
    {
        var word = new StringBuilder();
        var quote = '\0';
        var isFirst = true;
        for (var at = 0; at <= line.Length; at++)
        {
            if (at == line.Length || (quote == '\0' && line[at] == ' '))
            {
                yield return isFirst ? word.ToString().Split('_')[1] : word.ToString();
                isFirst = false;
                word.Clear();
            }
            else if (line[at] == quote)
            {
                quote = '\0';
            }
            else if (quote == '\0' && line[at] is '\'' or '"')
            {
                quote = line[at];
            }
            else if (quote == '\0' && line[at] == '\\')
            {
                word.Append(line[++at]);
            }
            else
            {
                word.Append(line[at]);
            }
        }
    }
}
