using System.Diagnostics;

namespace Akka.Mqtt.Cli.Tests;

public class PasswdCommandSpec
{
    [Fact]
    public async Task It_makes_changes_and_deletes_users()
    {
        using var folder = new TempFolder();
        var file = folder["users"];
        await RunAsync(file, "alice", "-b", "one");
        await RunAsync(file, "bob", "-b", "two", "--iterations", "150");
        var first = await File.ReadAllLinesAsync(file);
        Assert.StartsWith("alice:$7$10000$", first[0], StringComparison.Ordinal);
        Assert.StartsWith("bob:$7$150$", first[1], StringComparison.Ordinal);
        await RunAsync(file, "alice", "-b", "other");
        var second = await File.ReadAllLinesAsync(file);
        Assert.NotEqual(first[0], second[0]);
        Assert.Equal(first[1], second[1]);
        await RunAsync(file, "alice", "-D");
        Assert.Equal([first[1]], await File.ReadAllLinesAsync(file));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public async Task It_makes_users_of_SCRAM()
    {
        using var folder = new TempFolder();
        await RunAsync("--scram", folder["scram"], "sam", "-b", "pencil");
        Assert.Matches(@"^sam:SCRAM-SHA-256\$4096:[^$]+\$[^:]+:.+$", (await File.ReadAllLinesAsync(folder["scram"]))[0]);
    }

    [Theory]
    [InlineData("users nobody -D", "nobody")]
    [InlineData("users a:b -b x", "a:b")]
    [InlineData("users #a -b x", "begins with #")]
    [InlineData("users a -b <empty>", "the password is empty")]
    [InlineData("users a -b <empty> --scram", "the password is empty")]
    [InlineData("no/such/folder/users a -b x", "no/such/folder/users")]
    [InlineData("users a -b x --iterations 0", "--iterations")]
    [InlineData("users a -b x --scram --iterations 100", "--iterations")]
    public async Task What_is_wrong_is_said_in_one_line_and_the_exit_code_is_2(string arguments, string named)
    {
        var (exitCode, _, errors) = await CommandHost.RunAsync(["passwd", .. arguments.Split(' ').Select(each => each == "<empty>" ? "" : each)]);
        Assert.Equal(2, exitCode);
        Assert.Contains(named, errors, StringComparison.Ordinal);
        Assert.Equal(1, errors.Count(each => each == '\n'));
    }

    [MosquittoPubFact]
    public async Task Its_users_log_in_until_a_hang_up_finds_them_gone()
    {
        using var folder = new TempFolder();
        await RunAsync(folder["users"], "alice", "-b", "one");
        await RunAsync(folder["users"], "bob", "-b", "two");
        await using var serve = await ServeProcess.StartAsync("--port", "0", "--set", $"listener-defaults.password-file=\"{folder["users"]}\"");
        var port = $"{serve.Addresses[0].Port}";
        Assert.Equal(0, await PublishAsync(port, "-u", "alice", "-P", "one"));
        Assert.NotEqual(0, await PublishAsync(port, "-u", "alice", "-P", "two"));
        Assert.NotEqual(0, await PublishAsync(port));
        await RunAsync(folder["users"], "alice", "-D");
        await serve.SignalAsync("HUP");
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await PublishAsync(port, "-u", "alice", "-P", "one") == 0)
            deadline.Token.ThrowIfCancellationRequested();
        Assert.Equal(0, await PublishAsync(port, "-u", "bob", "-P", "two"));
    }

    private static async Task RunAsync(params string[] arguments)
    {
        var (exitCode, _, errors) = await CommandHost.RunAsync(["passwd", .. arguments]);
        Assert.Equal((0, ""), (exitCode, errors));
    }

    private static async Task<int> PublishAsync(string port, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("mosquitto_pub", ["-p", port, "-t", "t", "-m", "m", "-q", "1", .. arguments])
        {
            RedirectStandardError = true,
        })!;
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    /// <summary>A test with the client of mosquitto; skipped, and said so, where that is not installed.</summary>
    private sealed class MosquittoPubFactAttribute : FactAttribute
    {
        public MosquittoPubFactAttribute()
        {
            var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
            if (!Array.Exists(folders, folder => File.Exists(Path.Combine(folder, "mosquitto_pub"))))
                Skip = "mosquitto_pub is not installed (Debian: mosquitto-clients).";
        }
    }
}
