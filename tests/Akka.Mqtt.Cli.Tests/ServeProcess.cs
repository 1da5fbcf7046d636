using System.Diagnostics;

namespace Akka.Mqtt.Cli.Tests;

/// <summary>An <c>akka-mqtt</c> process, as a user would start it.</summary>
internal sealed class ServeProcess : IAsyncDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Task<string> _errors;

    /// <summary>The identity of the process.</summary>
    public int Id => _process.Id;

    private ServeProcess(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>The addresses of the ready line.</summary>
    public IReadOnlyList<Uri> Addresses { get; private set; } = [];

    /// <summary>Starts a server and waits until it is ready.</summary>
    public static Task<ServeProcess> StartAsync(params string[] arguments) => StartAsync(null, arguments);

    /// <summary>The same with that many file descriptors.</summary>
    public static Task<ServeProcess> StartWithDescriptorsAsync(int limit, params string[] arguments) => StartAsync(limit, arguments);

    private static async Task<ServeProcess> StartAsync(int? descriptors, string[] arguments)
    {
        // What is not about warming up does without: it is the work of a whole core for some seconds.
        var serve = Start(["serve", .. arguments, .. arguments.Contains("--warm-up") ? Array.Empty<string>() : ["--warm-up", "0"]], descriptors);
        using var deadline = new CancellationTokenSource(Soon);
        var line = await serve._process.StandardOutput.ReadLineAsync(deadline.Token);
        if (line is null || !line.StartsWith("ready ", StringComparison.Ordinal))
        {
            await serve.DisposeAsync();
            Assert.Fail($"no ready line but: {line} {await serve._errors}");
        }
        serve.Addresses = [.. line.Split(' ').Skip(1).Select(address => new Uri(address))];
        return serve;
    }

    /// <summary>
    /// The words that start <c>akka-mqtt</c>. On Linux with SIGINT and SIGHUP as a terminal has them: a shell starts what runs in the background (and nohup), such as a run of
    /// tests, with these ignored, and a child inherits that.
    /// </summary>
    public static string[] Command(IEnumerable<string> arguments)
    {
        string[] command = ["dotnet", Path.Combine(AppContext.BaseDirectory, "akka-mqtt.dll"), .. arguments];
        return OperatingSystem.IsLinux() ? ["env", "--default-signal=INT,HUP", .. command] : command;
    }

    /// <summary>Runs a command that ends by itself.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        await using var serve = Start(arguments);
        return await serve.ExitAsync();
    }

    /// <summary>Sends a signal.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", ["-s", signal, $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Waits for the end.</summary>
    public async Task<(int ExitCode, string Output, string Errors)> ExitAsync()
    {
        using var deadline = new CancellationTokenSource(Soon);
        var output = await _process.StandardOutput.ReadToEndAsync(deadline.Token);
        await _process.WaitForExitAsync(deadline.Token);
        return (_process.ExitCode, output, await _errors);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static ServeProcess Start(IEnumerable<string> arguments, int? descriptors = null)
    {
        string[] command = Command(arguments);
        if (descriptors is { } limit)
            command = ["bash", "-c", $"ulimit -n {limit}; exec \"$@\"", "bash", .. command];
        return new(Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!);
    }
}
