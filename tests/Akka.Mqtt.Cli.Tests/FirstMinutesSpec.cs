namespace Akka.Mqtt.Cli.Tests;

/// <summary>What somebody sees who has never used the command.</summary>
public class FirstMinutesSpec
{
    private const string Commands = "The commands are serve, bench, passwd, token, store, ping, pub, sub, rr, status, top, nodes, clients, kick and retained. akka-mqtt help describes them.";

    [Theory]
    [InlineData("", "give a command.")]
    [InlineData("serv", "serv is not a command. Did you mean serve?")]
    [InlineData("Serve", "Serve is not a command. Did you mean serve?")]
    [InlineData("psaswd", "psaswd is not a command. Did you mean passwd?")]
    [InlineData("frobnicate", "frobnicate is not a command. ")]
    [InlineData("--port 1883", "give a command before --port.")]
    [InlineData("help serv", "serv is not a command. Did you mean serve?")]
    public async Task A_word_that_is_no_command_is_named_with_those_that_are(string arguments, string said)
    {
        var (exitCode, output, errors) = await CommandHost.RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((2, ""), (exitCode, output));
        Assert.StartsWith($"akka-mqtt: {said}", errors, StringComparison.Ordinal);
        Assert.EndsWith($"{Commands}\n", errors, StringComparison.Ordinal);
        Assert.Equal(1, errors.Count(each => each == '\n'));
    }

    [Theory]
    [InlineData("bench pairs", "pairs is not a mode of bench. Did you mean pair? The modes are pair, fanout, fanin, ingest and idle.")]
    [InlineData("passwd", "passwd needs <file> and <user>. akka-mqtt help passwd describes them.")]
    [InlineData("passwd users", "passwd needs <file> and <user>. akka-mqtt help passwd describes them.")]
    [InlineData("serve ''", "<file> is empty.")]
    [InlineData("serve --data ''", "--data is empty: give the directory.")]
    [InlineData("serve --mosquitto-conf ''", "--mosquitto-conf is empty: give the file.")]
    [InlineData("store import d ''", "<file> is empty.")]
    [InlineData("store import d --from-mosquitto ''", "--from-mosquitto is empty: give the file.")]
    [InlineData("store check", "check needs <dir>. akka-mqtt help store check describes them.")]
    [InlineData("serve --set max-qas=1", "akka.mqtt.server.max-qas is not a setting. Did you mean max-qos?")]
    [InlineData("serve --log-level loud", "--log-level loud is not a level. Use debug, info, warning, error or off.")]
    public async Task What_is_missing_or_unknown_is_named_with_what_there_is(string arguments, string said)
    {
        var (exitCode, output, errors) = await CommandHost.RunAsync([.. arguments.Split(' ').Select(each => each == "''" ? "" : each)]);
        Assert.Equal((2, "", $"akka-mqtt: {said}\n"), (exitCode, output, errors));
    }

    [Theory]
    [InlineData("help", "passwd")]
    [InlineData("--help", "passwd")]
    [InlineData("-h", "passwd")]
    [InlineData("help serve", "--port <number>")]
    [InlineData("serve --help", "--log-level <level>")]
    [InlineData("help serve", "Write IPv6 addresses without brackets, such as ::1")]
    [InlineData("help store check", "The data directory, as in serve --data")]
    [InlineData("help bench pair", "--window <number>")]
    public async Task Help_is_on_stdout_and_the_exit_code_is_0(string arguments, string said)
    {
        var (exitCode, output, errors) = await CommandHost.RunAsync(arguments.Split(' '));
        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Contains(said, output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--host *", "listener tcp: only clients on this machine may connect (allow-anonymous = loopback). To admit others:")]
    [InlineData("--host 0.0.0.0 --set allow-anonymous=on", "listener tcp: everybody may connect without a password (allow-anonymous = on).")]
    [InlineData("--host 0.0.0.0 --set allow-anonymous=off", "listener tcp: nobody may connect (allow-anonymous = off). To admit others:")]
    [InlineData("--host 127.0.0.1", "")]
    public async Task Who_may_connect_is_said_at_start_where_others_reach_the_server(string arguments, string said)
    {
        await using var serve = await ServeProcess.StartAsync(["--port", "0", .. arguments.Split(' ')]);
        await serve.SignalAsync("TERM");
        var errors = (await serve.ExitAsync()).Errors;
        Assert.StartsWith(said.Length == 0 ? "" : $"akka-mqtt: {said}", errors, StringComparison.Ordinal);
        Assert.Equal(said.Length == 0 ? 0 : 1, errors.Count(each => each == '\n'));
    }

    [Fact]
    public async Task A_level_of_the_log_can_be_chosen()
    {
        await using var serve = await ServeProcess.StartAsync("--port", "0", "--log-level", "debug");
        await serve.SignalAsync("TERM");
        Assert.Contains("listening", (await serve.ExitAsync()).Errors, StringComparison.Ordinal);
    }
}
