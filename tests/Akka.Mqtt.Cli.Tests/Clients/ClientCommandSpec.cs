using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Tests.Clients;

/// <summary><c>pub</c>, <c>sub</c> and <c>rr</c> against a server, ours or one that misbehaves.</summary>
public class ClientCommandSpec
{
    private static Task<ClientResult> RunAsync(BenchServer server, string words, string input = "") => ClientResult.RunAsync(server.Url, words, input);

    [Theory]
    [InlineData("31", 1)]
    [InlineData("311", 1)]
    [InlineData("311", 2)]
    [InlineData("5", 1)]
    [InlineData("5", 2)]
    public async Task Lines_that_pub_sends_are_lines_that_sub_writes(string version, int qos)
    {
        await using var server = await BenchServer.StartAsync();
        var lines = string.Concat(Enumerable.Range(0, 3000).Select(each => $"line {each}\n")) + "\nend";
        (await RunAsync(server, $"sub -V {version} -c -i s -t a/# -q {qos} -E")).Succeeded();
        (await RunAsync(server, $"pub -V {version} -t a/b -q {qos} -l", lines)).Succeeded();
        // An empty message is no line of the output, as in mosquitto_sub.
        Assert.Equal(lines.Replace("\n\n", "\n") + "\n", (await RunAsync(server, $"sub -V {version} -c -i s -t a/# -q {qos} -C 3002")).Succeeded());
    }

    [Fact]
    public async Task Retained_messages_are_published_shown_left_out_and_removed()
    {
        await using var server = await BenchServer.StartAsync();
        foreach (var topic in (string[])["a", "b", "c"])
            (await RunAsync(server, $"pub -t r/{topic} -m {topic}! -r -q 1")).Succeeded();
        Assert.Equal("r/a a! 1\n", (await ClientResult.RunAsync(server.Url, ["sub", "-t", "r/a", "-C", "1", "-F", "%t %p %r"])).Succeeded());
        Assert.Equal("r/b b!\n", (await RunAsync(server, "sub -t r/+ -T r/a -T r/c -v -C 1")).Succeeded());
        (await RunAsync(server, "pub -t r/b -n -r -q 1")).Succeeded();
        // -R leaves them all out, and the time is over.
        var none = await RunAsync(server, "sub -t r/# -R -W 1");
        Assert.Equal((27, "", "akka-mqtt: timed out: the time of -W is over.\n"), (none.ExitCode, none.Output, none.Errors));
        Assert.Equal("c!\n", (await RunAsync(server, "sub -t r/# --remove-retained -T r/a -C 1")).Succeeded());
        Assert.Equal("a!\n", (await RunAsync(server, "sub -t r/a -C 1")).Succeeded());
        Assert.Equal("", (await RunAsync(server, "sub -t r/b -t r/c -W 1")).Output);
    }

    [Fact]
    public async Task Retained_only_ends_with_the_first_other_message()
    {
        await using var server = await BenchServer.StartAsync();
        (await RunAsync(server, "pub -t r/a -m kept -r -q 1")).Succeeded();
        (await RunAsync(server, "sub -c -i s -t x -q 1 -E")).Succeeded();
        (await RunAsync(server, "pub -t x -m other -q 1")).Succeeded();
        // Whichever comes first, the fresh message ends it and is not written.
        var result = await RunAsync(server, "sub -c -i s -t r/# -q 1 --retained-only");
        Assert.Equal(0, result.ExitCode);
        Assert.DoesNotContain("other", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Messages_beyond_the_count_stay_in_a_session_that_is_kept()
    {
        await using var server = await BenchServer.StartAsync();
        (await RunAsync(server, "sub -V 5 -c -i s -t a -q 1 -E")).Succeeded();
        (await RunAsync(server, "pub -t a -q 1 -l", "1\n2\n3\n4\n5\n")).Succeeded();
        Assert.Equal("1\n2\n", (await RunAsync(server, "sub -V 5 -c -i s -t a -q 1 -C 2")).Succeeded());
        Assert.Equal("3\n4\n5\n", (await RunAsync(server, "sub -V 5 -c -i s -t a -q 1 -C 3")).Succeeded());
    }

    [Fact]
    public async Task A_message_is_repeated_and_may_come_from_a_file_or_from_all_of_stdin()
    {
        using var folder = new TempFolder();
        var file = folder["message"];
        await File.WriteAllTextAsync(file, "of a\nfile");
        await using var server = await BenchServer.StartAsync();
        (await RunAsync(server, "sub -c -i s -t a -q 2 -E")).Succeeded();
        (await RunAsync(server, "pub -t a -q 1 -m again --repeat 3 --repeat-delay 0.01")).Succeeded();
        (await RunAsync(server, $"pub -t a -q 2 -f {file} --repeat 2")).Succeeded();
        (await RunAsync(server, "pub -t a -q 1 -s", "of\nstdin\n")).Succeeded();
        Assert.Equal("again|again|again|of a\nfile|of a\nfile|of\nstdin\n|", (await RunAsync(server, "sub -c -i s -t a -q 2 -C 6 -N -F %p|")).Succeeded());
    }

    [Fact]
    public async Task Properties_of_5_0_arrive_and_a_topic_alias_is_used()
    {
        await using var server = await BenchServer.StartAsync();
        (await RunAsync(server, "sub -V 5 -c -i s -t a -q 1 -E -D subscribe subscription-identifier 9")).Succeeded();
        (await RunAsync(server, "pub -t a -q 1 -l -D publish topic-alias 3 -D publish content-type text -D publish user-property k v", "1\n2\n3\n")).Succeeded();
        Assert.Equal(
            "1 text k:v 9\n2 text k:v 9\n3 text k:v 9\n",
            (await ClientResult.RunAsync(server.Url, ["sub", "-V", "5", "-c", "-i", "s", "-t", "a", "-q", "1", "-C", "3", "-F", "%p %C %P %S", "-D", "subscribe", "subscription-identifier", "9"])).Succeeded());
    }

    [Theory]
    [InlineData("5", "re/sp", "co")]
    [InlineData("311", "", "")]
    public async Task A_request_is_sent_when_the_response_can_arrive(string version, string responseTopic, string correlation)
    {
        var subscribed = false;
        var request = new TaskCompletionSource<Publish>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await BenchServer.StartAsync(packet =>
        {
            if (packet is not Publish publish)
            {
                subscribed |= packet is Subscribe;
                return BenchServer.Swallow(packet);
            }
            request.TrySetResult(publish with { Retain = subscribed }); // the flag says in which order they came
            return new Publish("re/sp", MqttBinary.FromText("answer")) { Properties = publish.Properties is { } properties ? new() { CorrelationData = properties.CorrelationData } : null };
        });
        var words = $"rr -V {version} -t a/request -e re/sp -m question -v" + (version == "5" ? " -D publish correlation-data co" : "");
        Assert.Equal("re/sp answer\n", (await RunAsync(server, words)).Succeeded());
        var sent = await request.Task;
        Assert.Equal(("a/request", "question", true), (sent.Topic, sent.Payload.ToText(), sent.Retain));
        Assert.Equal((responseTopic, correlation), (sent.Properties?.ResponseTopic ?? "", sent.Properties?.CorrelationData?.ToText() ?? ""));
    }

    [Theory]
    [InlineData("pub -t a -m x", ReasonCode.NotAuthorized, 5, "not authorized (5).")]
    [InlineData("pub -V 5 -t a -l", ReasonCode.NotAuthorized, 135, "not authorized (135).")]
    [InlineData("sub -t a", ReasonCode.BadUserNameOrPassword, 4, "bad user name or password (4).")]
    [InlineData("sub -V 5 -t a", ReasonCode.ServerBusy, 137, "server busy (137).")]
    [InlineData("rr -t a -e b -n", ReasonCode.Banned, 138, "banned (138).")]
    public async Task The_exit_code_of_a_refusal_is_the_code_of_CONNACK(string words, ReasonCode code, int exitCode, string said)
    {
        await using var server = await BenchServer.StartAsync(packet => packet is Connect ? new ConnAck(code) : null);
        var result = await RunAsync(server, words, "lines\n");
        Assert.Equal((exitCode, "", $"akka-mqtt: the server refused the connection: {said}\n"), (result.ExitCode, result.Output, result.Errors));
        Assert.Equal((exitCode, ""), ((result = await RunAsync(server, $"{words} --quiet", "lines\n")).ExitCode, result.Errors));
    }

    [Fact]
    public async Task Nobody_to_connect_to_is_exit_code_1()
    {
        using var nobody = HeldPort.Refusing();
        var closed = new Uri($"mqtt://{nobody.EndPoint}");
        foreach (var words in (string[])["pub -t a -m x", "pub -t a -l", "sub -t a", "rr -t a -e b -n"])
        {
            var result = await ClientResult.RunAsync(closed, words);
            Assert.Equal((1, ""), (result.ExitCode, result.Output));
            Assert.StartsWith("akka-mqtt: cannot connect: ", result.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_connection_that_is_lost_ends_a_single_message_with_exit_code_7()
    {
        await using var server = await BenchServer.StartAsync(packet => packet is Publish ? null : BenchServer.Swallow(packet));
        foreach (var words in (string[])["pub -t a -m x -q 1", "rr -t a -e b -n"])
        {
            var result = await RunAsync(server, words);
            Assert.Equal((7, "akka-mqtt: the server closed the connection.\n"), (result.ExitCode, result.Errors));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_that_does_not_answer_is_given_up_after_the_keep_alive(bool accepts)
    {
        await using var server = await BenchServer.StartAsync(packet => packet is Connect && accepts ? new ConnAck() : "nothing");
        var result = await ClientResult.RunAsync(server.Url, ["pub", "-t", "a", "-m", "x", "-q", "1"], change: options => options with { KeepAlive = 1 });
        Assert.Equal((7, "akka-mqtt: the server has not answered for 1 s.\n"), (result.ExitCode, result.Errors));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Lines_that_are_not_acknowledged_are_sent_again_on_the_next_connection(int qos)
    {
        var (connections, arrived) = (0, new List<string>());
        await using var server = await BenchServer.StartAsync(packet =>
        {
            switch (packet)
            {
                case Connect:
                    connections++;
                    return new ConnAck();
                case Publish publish:
                    arrived.Add($"{connections}:{publish.Payload.ToText()}{(publish.Dup ? " again" : "")}");
                    return publish.Payload.ToText() == "2" && connections == 1 ? null
                        : qos == 1 ? new PubAck(publish.PacketId) : new PubRec(publish.PacketId);
                case PubRel release:
                    return new PubComp(release.PacketId);
                default:
                    return BenchServer.Swallow(packet);
            }
        });
        var result = await RunAsync(server, $"pub -t a -q {qos} -l -M 1", "1\n2\n3\n");
        Assert.Equal(0, result.ExitCode);
        Assert.Equal("akka-mqtt: the server closed the connection. Connecting again in 1 s.\n", result.Errors);
        // The server has no session, so that what was not acknowledged is a new message.
        Assert.Equal(["1:1", "1:2", "2:2", "2:3"], arrived);
    }

    [Fact]
    public async Task A_subscriber_connects_and_subscribes_again_when_the_connection_is_lost()
    {
        var subscriptions = 0;
        await using var server = await BenchServer.StartAsync(packet => packet switch
        {
            Connect => new ConnAck(),
            Subscribe when ++subscriptions == 1 => null,
            Subscribe => new Publish("a", MqttBinary.FromText("second")),
            _ => null,
        });
        var result = await RunAsync(server, "sub -t a -C 1");
        Assert.Equal((0, "second\n", 2), (result.ExitCode, result.Output, subscriptions));
    }

    [Theory]
    [InlineData(ReasonCode.SessionTakenOver, 142, "the server ended the connection: session taken over (142).")]
    [InlineData(ReasonCode.ServerMoved, 157, "the server ended the connection: server moved (157).")]
    public async Task A_server_that_says_that_it_is_of_no_use_is_not_called_again(ReasonCode code, int exitCode, string said)
    {
        await using var server = await BenchServer.StartAsync(packet => packet is Subscribe ? new Disconnect(code) : BenchServer.Swallow(packet));
        var result = await RunAsync(server, "sub -V 5 -t a");
        Assert.Equal((exitCode, $"akka-mqtt: {said}\n"), (result.ExitCode, result.Errors));
    }

    [Fact]
    public async Task A_message_that_the_server_does_not_accept_is_said_and_the_exit_code_stays_0()
    {
        await using var server = await BenchServer.StartAsync(packet => packet is Publish publish ? new PubAck(publish.PacketId, ReasonCode.QuotaExceeded) : BenchServer.Swallow(packet));
        var result = await RunAsync(server, "pub -V 5 -t a -m x -q 1"); // as mosquitto_pub
        Assert.Equal((0, "akka-mqtt: the server did not accept a message: quota exceeded (151).\n"), (result.ExitCode, result.Errors));
    }

    [Fact]
    public async Task Refused_subscriptions_are_said_and_the_end_of_a_subscriber_that_has_no_other()
    {
        await using var server = await BenchServer.StartAsync(packet => packet is Subscribe subscribe ? new SubAck(subscribe.PacketId, ReasonCode.NotAuthorized, ReasonCode.NotAuthorized) : BenchServer.Swallow(packet));
        var result = await RunAsync(server, "sub -V 5 -t a -t b");
        Assert.Equal(
            (0, "akka-mqtt: the server refused the subscription to a: not authorized.\nakka-mqtt: the server refused the subscription to b: not authorized.\n"), // as mosquitto_sub
            (result.ExitCode, result.Errors));
    }

    [Fact]
    public async Task Debug_shows_the_packets_on_stderr()
    {
        await using var server = await BenchServer.StartAsync();
        var result = await RunAsync(server, "pub -t a -m x -q 1 -d -i me");
        foreach (var packet in (string[])["sending Connect", "received ConnAck", "sending Publish", "received PubAck", "sending Disconnect"])
            Assert.Contains(packet, result.Errors, StringComparison.Ordinal);
        Assert.Equal("", result.Output);
    }
}
