namespace Akka.Mqtt.Packages.Tests;

/// <summary>Uses <c>akka-mqtt</c> as somebody does who has just installed it.</summary>
internal static class ToolRun
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    /// <summary>A server with a data directory, a retained message, a subscriber, and the health check of the container.</summary>
    public static async Task ServeAndExchangeAsync(string folder, string program)
    {
        using var server = Commands.Start(folder, program, "serve", "--port", "0", "--warm-up", "0", "--data", Path.Combine(folder, "data"));
        try
        {
            using var deadline = new CancellationTokenSource(Soon);
            var ready = await server.StandardOutput.ReadLineAsync(deadline.Token);
            Assert.StartsWith("ready mqtt://", ready, StringComparison.Ordinal);
            var url = new Uri(ready!.Split(' ')[1]);
            Assert.Contains("has answered", await Commands.RunAsync(folder, program, "ping", url.ToString()), StringComparison.Ordinal);
            var port = $"{url.Port}";
            await Commands.RunAsync(folder, program, "pub", "-p", port, "-r", "-q", "1", "-t", "example", "-m", "hello");
            Assert.Equal("hello", (await Commands.RunAsync(folder, program, "sub", "-p", port, "-t", "example", "-C", "1", "-W", "30")).Trim());
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync();
        }
    }
}
