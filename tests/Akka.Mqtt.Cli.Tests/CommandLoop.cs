using System.Reflection;
using System.Text.Json;

namespace Akka.Mqtt.Cli.Tests;

/// <summary>
/// The process of <see cref="CommandHost"/>: runs the commands of <c>akka-mqtt</c> that it reads, one line of JSON each. After each it writes
/// <see cref="End"/> and the exit code, on both outputs.
/// </summary>
internal static class CommandLoop
{
    public const char End = '\u0004';

    public static int Main()
    {
        var main = Assembly.Load("akka-mqtt").EntryPoint!;
        while (Console.In.ReadLine() is { } line)
        {
            int exitCode;
            try
            {
                exitCode = (int)main.Invoke(null, [JsonSerializer.Deserialize<string[]>(line)])!;
            }
            catch (TargetInvocationException error)
            {
                Console.Error.WriteLine(error.InnerException); // as the runtime does, which then ends the process
                exitCode = 134;
            }
            Console.Out.WriteLine($"{End}{exitCode}");
            Console.Error.WriteLine($"{End}{exitCode}");
        }
        return 0;
    }
}
