/* For tests under wine 8, whose pdh.dll has no processor counters: the few functions that sysinfo calls for CPU
 * use, over NtQuerySystemInformation. Knows `\Processor(N)\…` and `\Processor(_Total)\…`, and takes either for idle
 * time. Never shipped. */
#include <windows.h>

#define EXPORT __declspec(dllexport)
#define MAX_CPUS 256
#define SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION 8
#define PDH_MORE_DATA ((LONG)0x800007D2)
#define PDH_NO_DATA ((LONG)0x800007D5)
#define PDH_CSTATUS_NO_OBJECT ((LONG)0xC0000BB8)
#define TOTAL (-1)

typedef struct {
    LARGE_INTEGER idle, kernel, user, dpc, interrupt;
    ULONG interrupts;
} Times;

typedef struct {
    int cpu;
} Counter;

typedef struct {
    DWORD status, padding;
    double value;
} Value;

LONG NTAPI NtQuerySystemInformation(int what, PVOID buffer, ULONG length, PULONG written);

static Times before[MAX_CPUS], now[MAX_CPUS];
static int cpus;
static Counter counters[MAX_CPUS + 1];

static void look(void) {
    ULONG written = 0;
    memcpy(before, now, sizeof now);
    NtQuerySystemInformation(SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION, now, sizeof now, &written);
    cpus = (int)(written / sizeof(Times));
}

EXPORT LONG WINAPI PdhEnumObjectsA(LPCSTR source, LPCSTR machine, PVOID list, LPDWORD length, DWORD detail, BOOL refresh) {
    return PDH_MORE_DATA;
}

EXPORT LONG WINAPI PdhOpenQueryA(LPCSTR source, DWORD_PTR user, HANDLE *query) {
    look();
    *query = (HANDLE)counters;
    return 0;
}

EXPORT LONG WINAPI PdhCloseQuery(HANDLE query) { return 0; }

EXPORT LONG WINAPI PdhRemoveCounter(HANDLE counter) { return 0; }

EXPORT LONG WINAPI PdhAddEnglishCounterW(HANDLE query, LPCWSTR path, DWORD_PTR user, HANDLE *counter) {
    const WCHAR prefix[] = L"\\Processor(";
    const int prefix_length = sizeof prefix / sizeof *prefix - 1;
    int cpu = 0;
    if (wcsncmp(path, prefix, prefix_length)) return PDH_CSTATUS_NO_OBJECT;
    path += prefix_length;
    if (*path == L'_') {
        counters[MAX_CPUS].cpu = TOTAL;
        *counter = (HANDLE)&counters[MAX_CPUS];
        return 0;
    }
    while (*path >= L'0' && *path <= L'9') cpu = cpu * 10 + (*path++ - L'0');
    if (cpu >= MAX_CPUS) return PDH_CSTATUS_NO_OBJECT;
    counters[cpu].cpu = cpu;
    *counter = (HANDLE)&counters[cpu];
    return 0;
}

EXPORT LONG WINAPI PdhCollectQueryData(HANDLE query) {
    look();
    return 0;
}

EXPORT LONG WINAPI PdhGetFormattedCounterValue(HANDLE counter, DWORD format, LPDWORD type, Value *value) {
    const Counter *wanted = counter;
    double idle = 0, all = 0;
    for (int cpu = 0; cpu < cpus; cpu++) {
        if (wanted->cpu != TOTAL && wanted->cpu != cpu) continue;
        idle += now[cpu].idle.QuadPart - before[cpu].idle.QuadPart;
        /* Kernel time holds idle time. */
        all += now[cpu].kernel.QuadPart - before[cpu].kernel.QuadPart + now[cpu].user.QuadPart - before[cpu].user.QuadPart;
    }
    value->status = 0;
    value->value = all > 0 ? 100.0 * idle / all : 100.0;
    return 0;
}

/* The load average that sysinfo makes up for Windows; there is none here. */
EXPORT LONG WINAPI PdhAddEnglishCounterA(HANDLE query, LPCSTR path, DWORD_PTR user, HANDLE *counter) {
    return PDH_CSTATUS_NO_OBJECT;
}

EXPORT LONG WINAPI PdhCollectQueryDataEx(HANDLE query, DWORD seconds, HANDLE event) { return PDH_NO_DATA; }
