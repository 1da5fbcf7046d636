namespace Akka.Mqtt.Cli.Tests.Mosquitto;

/// <summary><c>akka-mqtt serve --mosquitto-conf</c>.</summary>
public sealed class MosquittoServeSpec : MosquittoSpec
{
    [Fact]
    public async Task Serve_starts_from_it_and_says_what_it_leaves_out()
    {
        await File.WriteAllTextAsync(Folder["m.conf"], "listener 0 127.0.0.1\nlistener 0 127.0.0.1\nprotocol websockets\npid_file x\n");
        await using var serve = await ServeProcess.StartAsync("--mosquitto-conf", Folder["m.conf"]);
        Assert.Equal(["mqtt", "ws"], serve.Addresses.Select(each => each.Scheme));
        Assert.Equal("/", serve.Addresses[1].AbsolutePath);
        await serve.SignalAsync("TERM");
        var (exitCode, _, errors) = await serve.ExitAsync();
        Assert.Equal(0, exitCode);
        Assert.Equal($"akka-mqtt: {Folder["m.conf"]}:4: pid_file: no file is written\n", errors);
    }

    [Fact]
    public async Task A_broken_password_file_ends_serve_with_2_and_names_file_and_line()
    {
        await File.WriteAllTextAsync(Folder["users"], "# users\nalice\n");
        await File.WriteAllTextAsync(Folder["m.conf"], $"listener 0 127.0.0.1\npassword_file {Folder["users"]}\n");
        var (exitCode, _, errors) = await ServeProcess.RunAsync("serve", "--mosquitto-conf", Folder["m.conf"]);
        Assert.Equal(2, exitCode);
        Assert.Contains($"password-file: {Folder["users"]}:2:", errors, StringComparison.Ordinal);
        Assert.Equal(1, errors.Count(each => each == '\n'));
    }
}
