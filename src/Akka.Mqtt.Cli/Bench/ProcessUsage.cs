using System.Diagnostics;

namespace Akka.Mqtt.Cli.Bench;

/// <summary>The resources that a process has used, if the system reports them (Linux: from /proc).</summary>
internal readonly record struct ProcessUsage(TimeSpan Cpu, long ResidentBytes)
{
    /// <summary>Reads it; null when the process does not exist or may not be read.</summary>
    public static ProcessUsage? Read(int? id)
    {
        if (id is not { } known)
            return null;
        try
        {
            using var process = Process.GetProcessById(known);
            return new ProcessUsage(process.TotalProcessorTime, process.WorkingSet64);
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or NotSupportedException or System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
