using System.Text;
using System.Text.RegularExpressions;
using Akka.Mqtt.Cli.Tests;

namespace Akka.Mqtt.Interop.Tests;

/// <summary><c>akka-mqtt sub</c> and mosquitto_sub write the same bytes for the same messages, and end with the same exit code.</summary>
public partial class ClientOutputSpec(ServeFixture serve) : IClassFixture<ServeFixture>
{
    private readonly string _topic = $"t{Guid.NewGuid():N}";

    private string[] To => ["-V", "5", "-h", serve.Tcp.Host, "-p", $"{serve.Tcp.Port}"];

    [MosquittoTheory]
    [InlineData("-v")]
    [InlineData("-N")]
    [InlineData("-F", "%t|%40t|%-40t|%3.2t|%.4t|%040t|%l|%05l|%-5l|%q|%r|%m")]
    [InlineData("-F", "%p|%8p|%-8p|%08p|%3p|%x|%X|%40x|%-40x|%040x|%7x")]
    [InlineData("-F", "%A|%3A|%C|%20C|%-20C|%.2C|%D|%E|%F|%03F|%P|%R|%20R|%S|%3S")]
    [InlineData("-F", @"%%@@\\\0\a\e\n\r\t\v ü @Y@C@G@m @1@Q")]
    [InlineData("-F", "%J")]
    [InlineData("-F", "%j", "--pretty")]
    [InlineData("-F", "%Q")]
    [InlineData("-q", "3")]
    public async Task Output_and_exit_code_are_the_same(params string[] options)
    {
        string[] messages = ["""{"a": 1.50, "b":[1,{"c":null},[],{}], "é":"q\"\u00e9\/ü","big":1e300,"i":-0.00001234}""", "hello world", "ab"];
        foreach (var message in messages)
        {
            string[] publish = [.. To, "-t", _topic, "-m", message, "-q", "1", "-r", "-D", "publish", "user-property", "k", "v", "-D", "publish", "correlation-data", "co"];
            await Tools.RunAsync("mosquitto_pub", publish);
            string[] subscribe = [.. To, "-t", _topic, "-q", "2", "-C", "1", .. options];
            var theirs = await RunAsync("mosquitto_sub", subscribe);
            var ours = await RunAsync(ServeProcess.Command(["sub", .. subscribe]));
            Assert.Equal(theirs, ours);
        }
    }

    private static Task<(int ExitCode, string Output)> RunAsync(string program, string[] arguments) => RunAsync([program, .. arguments]);

    private static async Task<(int ExitCode, string Output)> RunAsync(string[] command)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var process = Tools.Start(command[0], command[1..]);
        var errors = process.StandardError.ReadToEndAsync(deadline.Token);
        var output = new MemoryStream();
        await process.StandardOutput.BaseStream.CopyToAsync(output, deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        await errors;
        return (process.ExitCode, Time().Replace(Encoding.Latin1.GetString(output.ToArray()), "TIME"));
    }

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT[\d:.]+Z?[+-]\d{4}")]
    private static partial Regex Time();
}
