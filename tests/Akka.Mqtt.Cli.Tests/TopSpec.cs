using System.Net;
using System.Net.Sockets;
using Akka.Mqtt.Cli.Dashboard;
using Akka.Mqtt.Cli.Top;
using Akka.Mqtt.Dashboard.Answers;
using Microsoft.Extensions.Time.Testing;
using Spectre.Console;

namespace Akka.Mqtt.Cli.Tests;

/// <summary>What <c>akka-mqtt top</c> draws, on a console in memory.</summary>
public sealed class TopSpec
{
    private static readonly BusyRow[] Clients =
    [
        new("pump-7", "192.0.2.1:40000", "plant", 2048, 10, 1, 1, 3), new("quiet", "192.0.2.2:40000", null, 0, 0, 0, 0, 0),
    ];

    [Fact]
    public void Rates_are_differences_a_second()
    {
        var figures = TopFigures.Of(Answer(10, 100, dropped: 5), Answer(12, 300, dropped: 9), new BusyAnswer([], 0));
        Assert.Equal((100, 200), (figures.MessagesReceived, figures.MessagesSent));
        Assert.Equal(new TopProblem("messages dropped", "QueueFull", 9, 2), Assert.Single(figures.Problems));
    }

    [Fact]
    public void A_server_that_was_started_again_has_rates_since_then()
    {
        var figures = TopFigures.Of(Answer(1000, 1_000_000, dropped: 50), Answer(2, 20, dropped: 4), new BusyAnswer([], 0));
        Assert.Equal(10, figures.MessagesReceived);
        Assert.Equal(2, Assert.Single(figures.Problems).PerSecond);
    }

    [Fact]
    public async Task Once_prints_one_table_of_plain_text()
    {
        var text = await OnceAsync(120, Clients);
        Assert.DoesNotContain('\e', text);
        Assert.Contains("server 1.0, up for 00:00:12, memory load Normal", text, StringComparison.Ordinal);
        Assert.Contains("messages dropped: QueueFull", text, StringComparison.Ordinal);
        var row = Assert.Single(text.Split('\n'), line => line.StartsWith("pump-7", StringComparison.Ordinal));
        Assert.Equal(["pump-7", "2.0", "KiB", "10", "B", "3", "192.0.2.1:40000", "plant"], row.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData(20)]
    [InlineData(40)]
    [InlineData(80)]
    [InlineData(200)]
    public async Task No_line_is_wider_than_the_terminal(int width)
    {
        var text = await OnceAsync(width, [new(new string('c', 300), "[2001:db8::1]:40000", new string('u', 300), 1e12, 1e12, 1, 1, int.MaxValue)]);
        Assert.All(text.Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, width));
        Assert.Contains("cc", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_client_has_chosen_is_neither_markup_nor_an_escape_sequence()
    {
        var text = await OnceAsync(120, [new("[red]a[/]\e[2J\n", "192.0.2.1:1", "[bold]\u202Eb", 1, 1, 1, 1, 0)]);
        Assert.DoesNotContain('\e', text);
        Assert.DoesNotContain('\u202E', text);
        Assert.Contains("[red]a[/]\\u001B[2J\\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_screen_is_drawn_each_second_until_it_is_cancelled()
    {
        var clock = new FakeTimeProvider();
        using var end = new CancellationTokenSource();
        using var written = new StringWriter();
        var asked = new SemaphoreSlim(0);
        var seconds = 10;
        var top = new TopRun((_, _) =>
        {
            asked.Release();
            return Task.FromResult((Answer(seconds++, seconds * 10, 0), new BusyAnswer(Clients, 2)));
        }, clock);
        var run = top.LiveAsync(Console(written, 80, AnsiSupport.Yes), end.Token);
        var deadline = Environment.TickCount64 + 20_000;
        for (var question = 0; question < 3; question++)
        {
            while (!await asked.WaitAsync(TimeSpan.FromMilliseconds(10)))
            {
                Assert.True(Environment.TickCount64 < deadline, $"the screen has asked {question} times");
                clock.Advance(TopRun.Interval);
            }
        }
        await end.CancelAsync();
        await run.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Contains("pump-7", written.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Top_ends_at_once_when_it_is_cancelled_while_the_server_does_not_answer()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start(); // accepts, and answers nothing
        using var api = new ApiClient(new Uri($"http://{silent.LocalEndpoint}/"), null);
        using var end = new CancellationTokenSource();
        var top = new TopRun(async (_, cancel) => (await api.GetAsync<ServerAnswer>("server", cancel), new BusyAnswer([], 0)), TimeProvider.System);
        var run = top.EachAsync(_ => Assert.Fail("there are no figures"), once: false, end.Token);
        using var connection = await silent.AcceptTcpClientAsync().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.True(await connection.GetStream().ReadAsync(new byte[1]) > 0); // the request is under way
        await end.CancelAsync();
        await run.WaitAsync(TimeSpan.FromSeconds(10)); // an answer has 30 s
    }

    [Fact]
    public async Task Top_prints_a_table_into_a_pipe_and_fails_as_the_other_commands()
    {
        await using var serve = await ServeProcess.StartAsync("--port", "0", "--http-port", "0");
        var url = $"{serve.Addresses.Single(each => each.Scheme == "http")}";
        var (exitCode, output, errors) = await ServeProcess.RunAsync("top", "--url", url);
        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Contains("memory load Normal", output, StringComparison.Ordinal);
        (exitCode, output, errors) = await ServeProcess.RunAsync("top", "--once", "--url", "http://127.0.0.1:1/");
        Assert.Equal((1, ""), (exitCode, output));
        Assert.StartsWith("akka-mqtt: cannot reach http://127.0.0.1:1/api/v1/: ", errors, StringComparison.Ordinal);
    }

    private static async Task<string> OnceAsync(int width, BusyRow[] clients)
    {
        var clock = new FakeTimeProvider();
        using var written = new StringWriter();
        var asked = 0;
        var top = new TopRun((_, _) => Task.FromResult((Answer(asked++ == 0 ? 10 : 12, 100 * asked, 5 * asked), new BusyAnswer(clients, clients.Length))), clock);
        var run = top.OnceAsync(Console(written, width, AnsiSupport.No), CancellationToken.None);
        clock.Advance(TopRun.Interval);
        await run.WaitAsync(TimeSpan.FromSeconds(20));
        return written.ToString().ReplaceLineEndings("\n");
    }

    private static IAnsiConsole Console(StringWriter writer, int width, AnsiSupport ansi)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = ansi, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(writer),
        });
        (console.Profile.Width, console.Profile.Height) = (width, 40);
        return console;
    }

    private static ServerAnswer Answer(double uptime, long messages, long dropped) => new(
        "server", "1.0", uptime, "Normal", 2, 2, 2, 2, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0,
        new TrafficAnswer(0, 0, messages, 2 * messages, 0, 0, 0, 0), [new DropAnswer("QueueFull", dropped)], [], []);
}
